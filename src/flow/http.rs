//! Flows: http.
