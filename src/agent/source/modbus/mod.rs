//! modbus source.
