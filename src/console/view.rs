//! Drawing: reads the model, changes nothing.
