//! Public keys that commits are signed with: `allowed_signers` (ssh-keygen(1)), SSH public keys, OpenPGP public key blocks.
//!
//! A key that comes with the evidence is only kept for the check to say so ([`crate::verify::commit`]).

use super::{Context, Format, Head, Whole};
use crate::model::place::{At, Base};
use crate::model::{Record, Records};
use crate::problem::{Kind, Problem};
use crate::verify::commit::CommitKeys;

/// Public keys.
pub static FORMAT: Format = Format {
    id: "signing-keys",
    title: "Public keys of signers (SSH, OpenPGP)",
    recognise: |head: &Head<'_>| {
        let text = head.text();
        // A line that the head cuts short is none of its own.
        let whole = if head.is_whole { text } else { &text[..text.rfind('\n')?] };
        CommitKeys::recognises(whole)
            .then(|| "every line is a public key, or it holds an OpenPGP block of them".to_owned())
    },
    open: || Box::new(Whole(read)),
};

fn read(bytes: &[u8], _: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problem::error(Kind::InvalidUtf8, error.to_string()).expected("text in UTF-8"))?;
    out.record(At::new(Base::Whole, 0, bytes.len() as u64), Record::SigningKeys(text));
    Ok(())
}
