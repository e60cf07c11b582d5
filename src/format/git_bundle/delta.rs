//! Deltas: objects as differences to others.

use crate::source::Limits;

/// Applies the instructions of a delta (gitformat-pack(5), "Deltified representation"); `None` where they are broken
/// or make an object over `object-bytes`.
pub(super) fn apply(base: &[u8], delta: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let (base_size, rest) = size(delta)?;
    let (size, mut rest) = size(rest)?;
    if base_size != base.len() as u64 || size > limits.object_bytes {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    let mut out = Vec::with_capacity(size);
    while let Some((&command, mut behind)) = rest.split_first() {
        let piece = if command & 0x80 == 0 {
            // 0 is reserved; it copies nothing and would loop for nothing.
            let count = usize::from(command);
            let piece = behind.get(..count).filter(|_| count > 0)?;
            behind = &behind[count..];
            piece
        } else {
            let mut number = |bits: std::ops::Range<u32>| {
                let first = bits.start;
                bits.filter(|bit| command & (1 << bit) != 0).try_fold(0usize, |number, bit| {
                    let (byte, rest) = behind.split_first()?;
                    behind = rest;
                    Some(number | usize::from(*byte) << (8 * (bit - first)))
                })
            };
            let from = number(0..4)?;
            let count = match number(4..7)? {
                0 => 0x10000,
                count => count,
            };
            base.get(from..from.checked_add(count)?)?
        };
        if out.len() + piece.len() > size {
            return None;
        }
        out.extend_from_slice(piece);
        rest = behind;
    }
    (out.len() == size).then_some(out)
}

/// Reads a size of a delta: seven bits a byte, the lowest first.
fn size(delta: &[u8]) -> Option<(u64, &[u8])> {
    let mut size = 0u64;
    for (at, byte) in delta.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0);
        size |= part;
        if byte & 0x80 == 0 {
            return Some((size, &delta[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
        apply(base, delta, &Limits::default())
    }

    #[test]
    fn deltas_copy_and_insert() {
        // Base of 5, result of 6: copy 3 from 1, insert 3.
        assert_eq!(
            applied(b"abcde", &[5, 6, 0x91, 1, 3, 3, b'x', b'y', b'z']).as_deref(),
            Some(&b"bcdxyz"[..])
        );
    }

    #[test]
    fn broken_deltas_make_nothing() {
        for delta in [
            &[5, 6][..],
            &[4, 3, 0x91, 1, 3],
            &[5, 3, 0x91, 4, 3],
            &[5, 2, 0x91, 1, 3],
            &[5, 3, 0],
            &[5, 3, 0x91, 1],
            &[5, 3, 3, b'x'],
            &[0xff; 12],
            &[],
        ] {
            assert_eq!(applied(b"abcde", delta), None, "{delta:?}");
        }
        let limits = Limits { object_bytes: 2, ..Limits::default() };
        assert_eq!(apply(b"abcde", &[5, 3, 0x91, 1, 3], &limits), None);
    }
}
