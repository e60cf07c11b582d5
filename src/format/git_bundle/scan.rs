//! The first pass over a pack: where its entries are.

use flate2::{Decompress, FlushDecompress, Status};
use gix_pack::data::Entry as Header;
use gix_pack::data::entry::Header as Stored;

use super::pack::{Base, Entry, Id, Kind, PackIndex, State, finish, narrow, object_hasher};
use super::resolve::Resolve;
use crate::problem::{Kind as ProblemKind, Problem, Spot};
use crate::source::Limits;

/// Bytes before the first entry of a pack.
const PACK_HEADER: usize = gix_pack::data::header::SIZE;
/// Bytes of the checksum behind the last entry.
const CHECKSUM: usize = 20;

/// The first pass: finds the entries of a pack and the ids of its whole objects.
pub struct Scan {
    index: PackIndex,
    at: u64,
    pack_start: u64,
    left: u64,
    inflated: u64,
    checksum: gix_hash::Hasher,
    inflate: Decompress,
    buffer: Vec<u8>,
    over_limit: u64,
}

impl Scan {
    /// Starts at the `PACK` of a file.
    ///
    /// # Errors
    /// When there is no pack of a version that is read, or it claims more than `objects` objects.
    pub fn new(bytes: &[u8], pack_start: usize, limits: &Limits) -> Result<Self, Problem> {
        let spot = || Spot::pointer("", pack_start as u64);
        let header = bytes.get(pack_start..).unwrap_or_default();
        let Some(header) = header.first_chunk::<PACK_HEADER>() else {
            return Err(Problem::error(ProblemKind::CutShort, "the file ends before its pack").at(spot()));
        };
        let (_, count) = gix_pack::data::header::decode(header).map_err(|error| {
            Problem::error(ProblemKind::Malformed, error.to_string())
                .at(spot())
                .expected("a pack of version 2 or 3")
        })?;
        if u64::from(count) > limits.objects {
            return Err(Problem::error(ProblemKind::OverLimit, format!("a pack of {count} objects"))
                .at(spot())
                .expected(format!("at most {} objects (objects)", limits.objects)));
        }
        let mut checksum = gix_hash::hasher(gix_hash::Kind::Sha1);
        checksum.update(header);
        Ok(Self {
            index: PackIndex::default(),
            at: (pack_start + PACK_HEADER) as u64,
            pack_start: pack_start as u64,
            left: u64::from(count),
            inflated: 0,
            checksum,
            inflate: Decompress::new(true),
            buffer: vec![0; 64 << 10],
            over_limit: 0,
        })
    }

    /// Goes over about `budget` bytes; returns whether the end of the pack was reached. After an error everything
    /// that was found before stands: [`Self::finish`].
    ///
    /// # Errors
    /// When the pack is cut or broken, or its checksum is another.
    pub fn step(&mut self, bytes: &[u8], limits: &Limits, budget: u64) -> Result<bool, Problem> {
        let until = self.inflated.saturating_add(budget);
        while self.left > 0 {
            if self.inflated >= until {
                return Ok(false);
            }
            self.entry(bytes, limits)?;
            self.left -= 1;
        }
        self.index.end = self.at;
        let place = usize::try_from(self.at).unwrap_or(usize::MAX);
        let trailer = bytes.get(place..).and_then(|rest| rest.get(..CHECKSUM));
        let Some(trailer) = trailer else {
            return Err(Problem::error(ProblemKind::CutShort, "the file ends before the pack's checksum")
                .at(Spot::pointer("", self.at)));
        };
        let hasher = std::mem::replace(&mut self.checksum, gix_hash::hasher(gix_hash::Kind::Sha1));
        if finish(hasher).as_ref().map(Id::as_slice) != Some(trailer) {
            return Err(Problem::error(ProblemKind::Malformed, "the pack's checksum is another")
                .at(Spot::pointer("", self.at))
                .expected("the SHA-1 of the pack's bytes; what was read is known by its own ids"));
        }
        Ok(true)
    }

    fn entry(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), Problem> {
        let start = self.at;
        let spot = || Spot::pointer("", start);
        let place = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = bytes.get(place..).unwrap_or_default();
        // An entry's header and the checksum behind the last entry are never longer than this.
        if rest.is_empty() {
            return Err(self.cut(start));
        }
        let header = Header::from_bytes(rest, start, gix_hash::Kind::Sha1).map_err(|error| {
            if rest.len() < 64 {
                self.cut(start)
            } else {
                Problem::error(ProblemKind::Malformed, error.to_string()).at(spot()).expected("a pack entry")
            }
        })?;
        let base = self.base(&header, start);
        let length = header.header_size();
        let mut hasher = match base {
            Base::Whole(kind) => Some(object_hasher(kind, header.decompressed_size)),
            Base::Entry(_) | Base::Object(_) => None,
        };
        let data = rest.get(length..).unwrap_or_default();
        let consumed = self.inflate_entry(data, header.decompressed_size, &mut hasher, start)?;
        self.checksum.update(&rest[..length + consumed]);
        self.at = start + (length + consumed) as u64;
        let pack_bytes = (bytes.len() as u64).saturating_sub(self.pack_start).max(1);
        if self.inflated > 1 << 20 && self.inflated / pack_bytes > limits.ratio {
            return Err(Problem::error(
                ProblemKind::OverLimit,
                format!("a pack of {pack_bytes} bytes that unpacks to over {} bytes", self.inflated),
            )
            .at(spot())
            .expected(format!("at most {} bytes for each packed one (ratio)", limits.ratio)));
        }
        let mut entry = Entry {
            start,
            size: header.decompressed_size,
            base,
            state: State::Open,
            header: u16::try_from(length).unwrap_or(u16::MAX),
            id: [0; 20],
        };
        if header.decompressed_size > limits.object_bytes {
            self.over_limit += 1;
            entry.state = State::Bad;
        } else if let (Base::Whole(kind), Some(hasher)) = (base, hasher) {
            match finish(hasher) {
                Some(id) => {
                    entry.id = id;
                    entry.state = State::Known(kind);
                }
                None => entry.state = State::Bad,
            }
        }
        self.index.entries.push(entry);
        Ok(())
    }

    fn base(&mut self, header: &Header, start: u64) -> Base {
        match header.header {
            Stored::Commit => Base::Whole(Kind::Commit),
            Stored::Tree => Base::Whole(Kind::Tree),
            Stored::Tag => Base::Whole(Kind::Tag),
            Stored::Blob => Base::Whole(Kind::Blob),
            Stored::OfsDelta { base_distance } => {
                let at = Stored::verified_base_pack_offset(start, base_distance)
                    .and_then(|at| self.index.entries.binary_search_by_key(&at, |entry| entry.start).ok());
                // A distance that leads to no entry stays without a base.
                at.map_or(Base::Object(u32::MAX), |at| Base::Entry(narrow(at)))
            }
            Stored::RefDelta { base_id } => {
                self.index.bases.push(base_id.as_slice().try_into().unwrap_or_default());
                Base::Object(narrow(self.index.bases.len() - 1))
            }
        }
    }

    /// Inflates a stream without keeping it; returns how many bytes it has in the file.
    fn inflate_entry(
        &mut self,
        data: &[u8],
        size: u64,
        hasher: &mut Option<gix_hash::Hasher>,
        start: u64,
    ) -> Result<usize, Problem> {
        self.inflate.reset(true);
        loop {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let from = usize::try_from(before_in).unwrap_or(usize::MAX).min(data.len());
            let status = self.inflate.decompress(&data[from..], &mut self.buffer, FlushDecompress::None);
            let got = usize::try_from(self.inflate.total_out() - before_out).unwrap_or(0);
            self.inflated += got as u64;
            if let Some(hasher) = hasher {
                hasher.update(&self.buffer[..got.min(self.buffer.len())]);
            }
            let problem = |what: String| {
                Problem::error(ProblemKind::Malformed, what)
                    .at(Spot::pointer("", start))
                    .expected("a zlib stream; everything before it was read")
            };
            if self.inflate.total_out() > size {
                return Err(problem(format!("an object of over the {size} bytes that its entry says")));
            }
            match status {
                Ok(Status::StreamEnd) if self.inflate.total_out() == size => {
                    return Ok(usize::try_from(self.inflate.total_in())
                        .unwrap_or(usize::MAX)
                        .min(data.len()));
                }
                Ok(Status::StreamEnd) => {
                    return Err(problem(format!(
                        "an object of {} bytes whose entry says {size}",
                        self.inflate.total_out()
                    )));
                }
                Ok(_) if self.inflate.total_in() == before_in && got == 0 => return Err(self.cut(start)),
                Ok(_) => {}
                Err(error) => return Err(problem(format!("a broken stream: {error}"))),
            }
        }
    }

    fn cut(&self, start: u64) -> Problem {
        Problem::error(ProblemKind::CutShort, format!("the pack ends {} objects before its end", self.left))
            .at(Spot::pointer("", start))
    }

    /// Ends the pass, and starts the next one over everything that was found.
    pub fn finish(mut self) -> Resolve {
        self.index.end = self.at;
        Resolve::new(self.index, self.over_limit)
    }
}
