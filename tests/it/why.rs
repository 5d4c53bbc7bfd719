//! `why` on real fleets: each cause, a fleet that is half down, and no secret.

mod causes;
mod degraded;
