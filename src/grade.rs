//! What a class has reached: what is built of a student's repository, how far its test reports can be believed, and what that counts.
//!
//! Pure: reading repositories, running builds and writing tables are the command's.

mod admission;
mod evidence;
mod kit;
mod results;
mod shard;

pub use self::{
    admission::{Admission, Remark, RemarkKind, Submission},
    evidence::{Evidence, Weighed, has_crashed},
    kit::GradedKit,
    results::{Broken, FORMAT, Graded, Head, Milestone, Results, Status, Test},
    shard::{Shard, merge},
};

/// The largest file that is taken from a student, in bytes.
pub const MOST_OF_A_FILE: u64 = 4 << 20;

/// The most bytes that are taken from a student.
pub const MOST_BYTES: u64 = 64 << 20;

/// The most files that are looked at in a student's repository.
pub const MOST_FILES: usize = 20_000;
