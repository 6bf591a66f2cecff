//! banner
