//! Mutations: of bytes, of numbers and words that parsers trip over, and of what is inside base64.

use data_encoding::BASE64;

/// A generator of numbers: splitmix64 (Steele, Lea, Flood 2014), the same on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }
}

/// What parsers trip over.
const WORDS: [&[u8]; 20] = [
    b"\0",
    b"\xff",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"1e999",
    b"null",
    b"\n",
    b"\r\n",
    b"../",
    b"=",
    b"\xef\xbb\xbf",
    b"\x30\x84\xff\xff\xff\xff",
    b"-----BEGIN ",
];

/// Returns a seed with one to four mutations.
pub fn mutated(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        if random.below(3) == 0 && inside_base64(&mut bytes, random) {
            continue;
        }
        one(&mut bytes, random);
    }
    bytes
}

fn one(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(24)).min(bytes.len());
    match random.below(7) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        2 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        3 => drop(bytes.splice(at..end, [])),
        4 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        5 => drop(bytes.splice(at..at, WORDS[random.below(WORDS.len())].iter().copied())),
        _ => bytes.truncate(at),
    }
}

/// Mutates what a run of base64 stands for; returns whether there was one.
fn inside_base64(bytes: &mut Vec<u8>, random: &mut Random) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let start = random.below(bytes.len().max(1));
    let Some(from) =
        bytes[start.min(bytes.len())..].windows(20).position(|window| window.iter().all(is_base64))
    else {
        return false;
    };
    let from = bytes[..start + from].iter().rposition(|byte| !is_base64(byte)).map_or(0, |at| at + 1);
    let to = bytes[from..].iter().position(|byte| !is_base64(byte)).map_or(bytes.len(), |at| from + at);
    let Ok(mut inner) = BASE64.decode(&bytes[from..to]) else { return false };
    one(&mut inner, random);
    bytes.splice(from..to, BASE64.encode(&inner).into_bytes());
    true
}
