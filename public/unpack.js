// Unpacks the two modules. The packer takes each apart into twelve streams of like bytes (src/bin/pack/streams.rs) and
// writes each stream in LZMA with a header (the `.lzma` format of the LZMA specification by Igor Pavlov, "LZMA
// Specification", 2015), which is a third smaller than the gzip that browsers can read themselves. This runs ahead of each,
// in the page and in the worker, and reads only what the packer wrote; a stream that is damaged ends in an error, never in
// bytes beyond its stated size.

const unpackLzma = (source) => {
  "use strict";

  const fail = () => {
    throw new Error("A module in this file is damaged.");
  };
  let rest = source[0];
  const lc = rest % 9;
  rest = (rest - lc) / 9;
  const lp = rest % 5;
  const pb = (rest - lp) / 5;
  let size = 0;
  for (let i = 7; i >= 0; i -= 1) size = size * 256 + source[5 + i];
  if (source.length < 18 || pb > 4 || size > 64 * 1024 * 1024) fail();
  const out = new Uint8Array(size);

  // All probabilities in one array; where each table begins:
  const IS_MATCH = 0; // 12 states x 16 positions
  const IS_REP = 192;
  const IS_REP_0 = 204;
  const IS_REP_1 = 216;
  const IS_REP_2 = 228;
  const IS_REP_0_LONG = 240; // 12 x 16
  const SLOT = 432; // 4 lengths x 64
  const SPECIAL = 688; // 128
  const ALIGN = 816; // 16
  const LENGTH = 832; // of matches: choice, choice 2, low 16 x 8, mid 16 x 8, high 256
  const REP_LENGTH = 1346; // of repeated matches
  const LITERAL = 1860; // 0x300 for each context
  const probabilities = new Uint16Array(LITERAL + (0x300 << (lc + lp))).fill(1024);

  let at = 14;
  let range = 0xffffffff;
  let code = 0;
  for (let i = 0; i < 4; i += 1) code = code * 256 + source[at++];

  const normalise = () => {
    if (range < 0x1000000) {
      range *= 256;
      code = code * 256 + source[at++];
    }
  };
  const bit = (index) => {
    const probability = probabilities[index];
    const bound = (range >>> 11) * probability;
    if (code < bound) {
      range = bound;
      probabilities[index] = probability + ((2048 - probability) >> 5);
      normalise();
      return 0;
    }
    range -= bound;
    code -= bound;
    probabilities[index] = probability - (probability >> 5);
    normalise();
    return 1;
  };
  const direct = (count) => {
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      range = Math.floor(range / 2);
      const one = code >= range ? 1 : 0;
      if (one) code -= range;
      value = value * 2 + one;
      normalise();
    }
    return value;
  };
  const tree = (base, bits) => {
    let node = 1;
    for (let i = 0; i < bits; i += 1) node = (node << 1) | bit(base + node);
    return node - (1 << bits);
  };
  const reverse = (base, bits) => {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i += 1) {
      const one = bit(base + node);
      node = (node << 1) | one;
      value |= one << i;
    }
    return value;
  };
  const length = (base, position) => {
    if (bit(base) === 0) return tree(base + 2 + position * 8, 3);
    if (bit(base + 1) === 0) return 8 + tree(base + 130 + position * 8, 3);
    return 16 + tree(base + 258, 8);
  };
  const distance = (long) => {
    const slot = tree(SLOT + Math.min(long, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const start = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return start + reverse(SPECIAL + start - slot, bits);
    return start + direct(bits - 4) * 16 + reverse(ALIGN, 4);
  };

  let done = 0;
  let state = 0;
  let [rep0, rep1, rep2, rep3] = [0, 0, 0, 0];
  const literal = () => {
    const before = done > 0 ? out[done - 1] : 0;
    const base = LITERAL + 0x300 * (((done & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
    let node = 1;
    if (state >= 7) {
      let match = out[done - rep0 - 1];
      while (node < 0x100) {
        const expected = (match >> 7) & 1;
        match <<= 1;
        const one = bit(base + ((1 + expected) << 8) + node);
        node = (node << 1) | one;
        if (one !== expected) break;
      }
    }
    while (node < 0x100) node = (node << 1) | bit(base + node);
    out[done++] = node & 0xff;
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  };

  while (done < size) {
    if (at > source.length) fail();
    const position = done & ((1 << pb) - 1);
    if (bit(IS_MATCH + state * 16 + position) === 0) {
      literal();
      continue;
    }
    let long;
    if (bit(IS_REP + state) === 0) {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      long = length(LENGTH, position);
      state = state < 7 ? 7 : 10;
      rep0 = distance(long);
    } else {
      if (bit(IS_REP_0 + state) === 0) {
        if (bit(IS_REP_0_LONG + state * 16 + position) === 0) {
          if (rep0 >= done) fail();
          state = state < 7 ? 9 : 11;
          out[done] = out[done - rep0 - 1];
          done += 1;
          continue;
        }
      } else if (bit(IS_REP_1 + state) === 0) {
        [rep0, rep1] = [rep1, rep0];
      } else if (bit(IS_REP_2 + state) === 0) {
        [rep0, rep1, rep2] = [rep2, rep0, rep1];
      } else {
        [rep0, rep1, rep2, rep3] = [rep3, rep0, rep1, rep2];
      }
      long = length(REP_LENGTH, position);
      state = state < 7 ? 8 : 11;
    }
    long += 2;
    if (rep0 >= done || long > size - done) fail();
    for (const end = done + long; done < end; done += 1) out[done] = out[done - rep0 - 1];
  }
  return out;
};

// Puts a module together: the length of each stream as four bytes, low byte first, then the streams; before them the
// length of the module.
const unpackModule = (source) => {
  "use strict";

  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const COUNT = 12;
  const size = view.getUint32(0, true);
  const streams = [];
  for (let nth = 0, from = 4 * (COUNT + 1); nth < COUNT; nth += 1) {
    const to = from + view.getUint32(4 * (nth + 1), true);
    streams.push({ bytes: unpackLzma(source.subarray(from, to)), at: 0 });
    from = to;
  }
  const [REST, DATA, HEAD, CODE, LOCAL, OFFSET, I32, I64, FLOAT, CALL, BRANCH, INDEX] = streams;
  const out = new Uint8Array(size);
  let done = 0;

  const byte = (stream) => (out[done++] = stream.bytes[stream.at++]);
  const bytes = (stream, count) => {
    out.set(stream.bytes.subarray(stream.at, stream.at + count), done);
    stream.at += count;
    done += count;
  };
  // A number in LEB128; what is worth reading is below 2^31.
  const number = (stream) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = byte(stream);
      value |= (next & 0x7f) << shift;
      if (next < 0x80 || next === undefined) return value;
    }
  };

  // What follows an opcode, by its kind; those with a prefix are 0xfc00 and 0xfd00 on. As in `follows` of the packer.
  const kinds = {};
  const range = (from, to) => Array.from({ length: to - from + 1 }, (_, nth) => from + nth);
  const kind = (opcodes, ...parts) => opcodes.forEach((opcode) => (kinds[opcode] = parts));
  kind([...range(0x02, 0x04), 0x3f, 0x40, 0xd0, 0xfc09, 0xfc0b, 0xfc0d, ...range(0xfc0f, 0xfc11)], CODE);
  kind([0xfc08, 0xfc0a, 0xfc0c, 0xfc0e], CODE, CODE);
  kind([...range(0x28, 0x3e), ...range(0xfd00, 0xfd0b), 0xfd5c, 0xfd5d], CODE, OFFSET);
  kind(range(0xfd54, 0xfd5b), CODE, OFFSET, CODE);
  kind(range(0xfd15, 0xfd22), CODE);
  kind(range(0x20, 0x22), LOCAL);
  kind([0x41], I32);
  kind([0x42], I64);
  kind([0x10], CALL);
  kind([0x0c, 0x0d], BRANCH);
  kind([...range(0x23, 0x26), 0xd2], INDEX);
  kind([0x11], INDEX, INDEX);
  const constants = { 0x43: 4, 0x44: 8, 0xfd0c: 16, 0xfd0d: 16 };

  const body = () => {
    for (let groups = number(HEAD); groups > 0; groups -= 1) {
      number(HEAD);
      byte(HEAD);
    }
    for (let depth = 1; depth > 0; ) {
      let opcode = byte(CODE);
      if (opcode === 0xfc || opcode === 0xfd) opcode = opcode * 256 + number(CODE);
      const parts = kinds[opcode];
      if (parts) for (const part of parts) number(part);
      else if (constants[opcode]) bytes(FLOAT, constants[opcode]);
      else if (opcode === 0x0e) for (let labels = number(BRANCH); labels >= 0; labels -= 1) number(BRANCH);
      else if (opcode === undefined) throw new Error("A module in this file is damaged.");
      if (opcode >= 0x02 && opcode <= 0x04) depth += 1;
      else if (opcode === 0x0b) depth -= 1;
    }
  };
  const code = () => {
    for (let functions = number(HEAD); functions > 0; functions -= 1) {
      // The size stands before the body, and is as short as it can be: the body is moved behind it.
      const start = done;
      body();
      const length = done - start;
      const size = [];
      for (let rest = length; size.length === 0 || rest > 0; rest >>>= 7) size.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      out.copyWithin(start + size.length, start, done);
      out.set(size, start);
      done += size.length;
    }
  };

  bytes(REST, 8);
  while (REST.at < REST.bytes.length) {
    const section = byte(REST);
    const length = number(REST);
    if (section === 10) code();
    else bytes(section === 11 ? DATA : REST, length);
  }
  if (done !== size) throw new Error("A module in this file is damaged.");
  return out;
};
