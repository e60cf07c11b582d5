//! What holds for any files, any bytes and any damage.

use lacuna::source::Limits;
use lacuna::source::archive::path_order;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use zip::CompressionMethod;

use crate::support::*;

/// Names without the container: what is left once every archive on the way is taken away.
fn leaves(taken: &Taken) -> Vec<(String, [u8; 32])> {
    let mut leaves: Vec<(String, [u8; 32])> = taken
        .files
        .iter()
        .map(|(path, bytes)| {
            let inside =
                taken.archives.iter().filter(|(archive, _)| path.starts_with(&format!("{archive}/")));
            let start = inside.map(|(archive, _)| archive.len() + 1).max().unwrap_or_default();
            (path[start..].to_owned(), Sha256::digest(bytes).into())
        })
        .collect();
    leaves.sort();
    leaves
}

fn name() -> impl Strategy<Value = String> {
    "[a-c]{1,2}(/[a-c]{1,2}){0,2}\\.json"
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(b' '..b'~', 0..40),
        (0_usize..3000).prop_map(noise),
        (0_usize..3000).prop_map(|count| vec![b' '; count]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn files_come_out_of_every_container_as_they_went_in(
        files in proptest::collection::btree_map(name(), content(), 1..8),
        layers in proptest::collection::vec(0_u8..5, 0..4),
        seed in any::<usize>(),
    ) {
        let sorted: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (&**name, &bytes[..])).collect();
        let mut shuffled = sorted.clone();
        shuffled.rotate_left(seed % sorted.len());
        shuffled.reverse();
        let bare = take(&sorted, &Limits::default());
        for order in [&sorted, &shuffled] {
            let mut bytes = zip(order);
            for layer in &layers {
                bytes = match layer {
                    0 => zip(&[("n.zip", &bytes)]),
                    1 => zip_with(&[("n.zip", &bytes)], CompressionMethod::Stored),
                    2 => tar(&[("n.zip", &bytes)]),
                    3 => gz(&tar(&[("n.zip", &bytes)])),
                    _ => gz(&bytes),
                };
            }
            for bytes in [bytes, tar(order), gz(&tar(order))] {
                let taken = take_one("n", &bytes);
                prop_assert!(taken.problems.is_empty(), "{:?}", taken.problems);
                prop_assert_eq!(leaves(&taken), leaves(&bare));
                prop_assert!(taken.files.is_sorted_by(|(a, _), (b, _)| path_order(a, b).is_lt()));
                assert_reopens(&taken);
            }
        }
        let backward = take(&shuffled, &Limits::default());
        prop_assert_eq!(backward.files, bare.files);
    }

    #[test]
    fn any_bytes_are_survived(
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        magic in prop_oneof![
            Just(&b"PK\x03\x04"[..]), Just(&b"PK\x05\x06"[..]), Just(&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..]), Just(&b""[..])
        ],
    ) {
        let taken = take_one("x.zip", &[magic, &bytes].concat());
        assert_reopens(&taken);
    }

    #[test]
    fn damage_anywhere_is_survived_and_never_changes_a_zip_entry_unseen(
        at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<prop::sample::Index>(), which in 0_usize..4,
    ) {
        let files: Files<'_> = &[("a.json", &[b'a'; 300]), ("b/c.json", &noise(600))];
        let (name, mut bytes) = containers(files)[which].clone();
        let index = at.index(bytes.len());
        bytes[index] = value;
        let taken = take_one(name, &bytes);
        assert_reopens(&taken);
        if which < 2 {
            for (path, bytes) in &taken.files {
                prop_assert!(files.iter().any(|(_, file)| file == bytes), "{path} changed");
            }
        }
        bytes.truncate(cut.index(bytes.len()));
        assert_reopens(&take_one(name, &bytes));
    }
}
