//! The evidence vocabulary: what files state, before anything is concluded from it.
//!
//! Formats turn bytes into the borrowed records of [`record`]; the store keeps them as rows. Nothing here knows
//! where bytes come from or what a framework demands.

pub mod agents;
pub mod material;
pub mod moment;
pub mod place;
pub mod record;
pub mod terms;
pub mod trailers;
pub mod verification;
pub mod zone;

pub use material::{CertificateFacts, EntryFacts, FlipPart, Flipped, Material, ProofStep};
pub use moment::Moment;
pub use place::{At, Base, Part};
pub use record::{Record, Records};
pub use terms::{ActorKind, AiInvolvement, Capture, SignatureState, Verdict};
pub use verification::{CheckedStep, Verification};
pub use zone::{Stated, Zone};
