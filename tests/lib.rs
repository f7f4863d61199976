//! Tests of the whole; each binary beside this file is one kind of them.
