//! Octets and their meaning.
