//! A wasm module taken apart into streams of like bytes, which pack a good deal smaller than the module does.
//!
//! In the code, opcodes alternate with the numbers that belong to them, and each says little of the other. Apart, opcodes
//! predict opcodes and locals predict locals. `public/unpack.js` puts them together again, by the same table of what
//! follows an opcode (WebAssembly core specification 2.0, §5.4). Sizes of functions are left out: the nesting of blocks
//! tells where each ends.

/// How many streams there are.
pub const COUNT: usize = 12;

/// Where bytes go; the order is that of the packed streams.
#[derive(Clone, Copy)]
enum To {
    /// Sections other than code and data, and the headers of all.
    Rest,
    /// Body of the data section.
    Data,
    /// Counts of functions, and the locals that each declares.
    Head,
    /// Opcodes, types of blocks, alignments, and what is rare.
    Code,
    Local,
    Offset,
    I32,
    I64,
    Float,
    Call,
    Branch,
    /// Numbers of globals, tables and types.
    Index,
}

/// Takes a module apart.
///
/// # Errors
/// What is malformed, or not known here.
pub fn split(module: &[u8]) -> Result<[Vec<u8>; COUNT], String> {
    let mut walk = Walk { module: module.to_vec(), is_splitting: true, ..Walk::default() };
    walk.module()?;
    Ok(walk.streams)
}

/// Puts a module together again.
///
/// # Errors
/// What is malformed.
pub fn join(streams: [Vec<u8>; COUNT]) -> Result<Vec<u8>, String> {
    let mut walk = Walk { streams, ..Walk::default() };
    walk.module()?;
    Ok(walk.module)
}

/// What follows an opcode.
#[derive(Clone, Copy)]
enum Follows {
    Nothing,
    /// A number that stays with the code: a block type, a memory, a segment, a lane.
    Number,
    /// Two of them.
    TwoNumbers,
    /// Alignment and offset.
    Memory,
    /// Alignment, offset and the number of a lane.
    MemoryLane,
    Local,
    I32,
    I64,
    /// Bytes of a constant: 4, 8 or 16.
    Constant(usize),
    Call,
    Branch,
    /// A table of branches.
    Branches,
    Index,
    /// A type and a table.
    TwoIndices,
}

/// Returns what follows an opcode; `prefix` is 0, or the byte before (0xfc, 0xfd). `None` for those that rustc does not
/// emit here.
fn follows(prefix: u8, opcode: usize) -> Option<Follows> {
    use Follows::*;
    Some(match (prefix, opcode) {
        (0, 0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1) => Nothing,
        (0, 0x02..=0x04 | 0x3f | 0x40 | 0xd0) => Number,
        (0, 0x0c | 0x0d) => Branch,
        (0, 0x0e) => Branches,
        (0, 0x10) => Call,
        (0, 0x11) => TwoIndices,
        (0, 0x20..=0x22) => Local,
        (0, 0x23..=0x26 | 0xd2) => Index,
        (0, 0x28..=0x3e) => Memory,
        (0, 0x41) => I32,
        (0, 0x42) => I64,
        (0, 0x43) => Constant(4),
        (0, 0x44) => Constant(8),
        (0xfc, 0..=7) => Nothing,
        (0xfc, 9 | 11 | 13 | 15..=17) => Number,
        (0xfc, 8 | 10 | 12 | 14) => TwoNumbers,
        (0xfd, 0..=11 | 92 | 93) => Memory,
        (0xfd, 12 | 13) => Constant(16),
        (0xfd, 21..=34) => Number,
        (0xfd, 84..=91) => MemoryLane,
        (0xfd, 14..=255) => Nothing,
        _ => return None,
    })
}

/// A walk through a module, which takes it apart or puts it together.
#[derive(Default)]
struct Walk {
    is_splitting: bool,
    module: Vec<u8>,
    streams: [Vec<u8>; COUNT],
    /// How far the module is taken apart.
    at: usize,
    /// How far each stream is put together.
    taken: [usize; COUNT],
}

impl Walk {
    fn module(&mut self) -> Result<(), String> {
        self.bytes(8, To::Rest)?;
        while if self.is_splitting { self.at < self.module.len() } else { self.has(To::Rest) } {
            let section = self.byte(To::Rest)?;
            let length = self.number(To::Rest)?;
            match section {
                10 => self.code()?,
                11 => self.bytes(length, To::Data)?,
                _ => self.bytes(length, To::Rest)?,
            }
        }
        Ok(())
    }

    fn has(&self, of: To) -> bool {
        self.taken[of as usize] < self.streams[of as usize].len()
    }

    /// Passes a byte on, and returns it.
    fn byte(&mut self, of: To) -> Result<u8, String> {
        let stream = &mut self.streams[of as usize];
        let byte = if self.is_splitting {
            let byte = self.module.get(self.at).copied();
            self.at += 1;
            stream.extend(byte);
            byte
        } else {
            let taken = &mut self.taken[of as usize];
            let byte = stream.get(*taken).copied();
            *taken += 1;
            self.module.extend(byte);
            byte
        };
        byte.ok_or_else(|| format!("the module ends inside a part at {}", self.at))
    }

    fn bytes(&mut self, length: usize, of: To) -> Result<(), String> {
        (0..length).try_for_each(|_| self.byte(of).map(drop))
    }

    /// Passes a number in LEB128 on, and returns its value as one without a sign.
    fn number(&mut self, of: To) -> Result<usize, String> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte(of)?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(usize::try_from(value).unwrap_or(usize::MAX));
            }
        }
        Err(format!("a number at {} is too long", self.at))
    }

    fn code(&mut self) -> Result<(), String> {
        for _ in 0..self.number(To::Head)? {
            if self.is_splitting {
                let (before, size) = (self.at, self.size()?);
                let start = self.at;
                self.function()?;
                if self.at - start != size || start - before != shortest(size).len() {
                    return Err(format!("the function at {start} does not have the size that it tells"));
                }
            } else {
                let start = self.module.len();
                self.function()?;
                let size = shortest(self.module.len() - start);
                self.module.splice(start..start, size);
            }
        }
        Ok(())
    }

    /// Takes the size of a function, which goes into no stream: it is found again.
    fn size(&mut self) -> Result<usize, String> {
        let before = self.streams[To::Rest as usize].len();
        let size = self.number(To::Rest);
        self.streams[To::Rest as usize].truncate(before);
        size
    }

    fn function(&mut self) -> Result<(), String> {
        for _ in 0..self.number(To::Head)? {
            self.number(To::Head)?;
            self.byte(To::Head)?;
        }
        let mut depth = 1;
        while depth > 0 {
            depth = self.instruction(depth)?;
        }
        Ok(())
    }

    /// Passes an instruction on; returns how deep the blocks are behind it.
    fn instruction(&mut self, depth: usize) -> Result<usize, String> {
        use Follows as F;
        let at = self.at;
        let byte = self.byte(To::Code)?;
        let (prefix, opcode) = match byte {
            0xfc | 0xfd => (byte, self.number(To::Code)?),
            _ => (0, usize::from(byte)),
        };
        let follows = follows(prefix, opcode).ok_or_else(|| {
            format!("opcode {prefix:#x} {opcode:#x} at {at} is not known to pack/streams.rs")
        })?;
        let numbers: &[To] = match follows {
            F::Nothing | F::Constant(_) | F::Branches => &[],
            F::Number => &[To::Code],
            F::TwoNumbers => &[To::Code, To::Code],
            F::Memory => &[To::Code, To::Offset],
            F::MemoryLane => &[To::Code, To::Offset, To::Code],
            F::Local => &[To::Local],
            F::I32 => &[To::I32],
            F::I64 => &[To::I64],
            F::Call => &[To::Call],
            F::Branch => &[To::Branch],
            F::Index => &[To::Index],
            F::TwoIndices => &[To::Index, To::Index],
        };
        for of in numbers {
            self.number(*of)?;
        }
        match follows {
            F::Constant(length) => self.bytes(length, To::Float)?,
            F::Branches => {
                for _ in 0..=self.number(To::Branch)? {
                    self.number(To::Branch)?;
                }
            }
            _ => {}
        }
        Ok(match (prefix, opcode) {
            (0, 0x02..=0x04) => depth + 1,
            (0, 0x0b) => depth - 1,
            _ => depth,
        })
    }
}

/// Returns a number in LEB128, as short as it can be.
fn shortest(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        bytes.push(if number > 0 { low | 0x80 } else { low });
        if number == 0 {
            return bytes;
        }
    }
}
