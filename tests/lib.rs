//! What the tests of the whole have in common; each binary beside it is one kind of test.

pub mod support;
