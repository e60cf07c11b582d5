// Unpacks the two modules. The packer writes each as one LZMA stream with a header (the `.lzma` format of the LZMA
// specification by Igor Pavlov, "LZMA Specification", 2015), which is a quarter smaller than the gzip that browsers can
// read themselves. This runs ahead of each, in the page and in the worker, and reads only what the packer wrote; a stream that is
// damaged ends in an error, never in bytes beyond its stated size.

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
