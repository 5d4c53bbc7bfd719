//! What the integration tests share: servers, terminals, proxies.
