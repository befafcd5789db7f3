#include "CSHA256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/// FIPS 180-4 §4.2.2.
static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/// A state as the instructions want it: words a, b, e, f and c, d, g, h.
struct lane {
  __m128i abef;
  __m128i cdgh;
  /// The last sixteen words of the message schedule.
  __m128i words[4];
};

static ALWAYS_INLINE WITH_SHA struct lane load_lane(const uint32_t state[8]) {
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  struct lane lane;
  lane.abef = _mm_alignr_epi8(low, high, 8);
  lane.cdgh = _mm_blend_epi16(high, low, 0xF0);
  return lane;
}

static ALWAYS_INLINE WITH_SHA void store_lane(struct lane lane, uint32_t state[8]) {
  __m128i low = _mm_shuffle_epi32(lane.abef, 0x1B);
  __m128i high = _mm_shuffle_epi32(lane.cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

/// The next four words of the schedule (FIPS 180-4 §6.2.2 step 1).
static ALWAYS_INLINE WITH_SHA __m128i next_words(
    struct lane *lane, const uint8_t *bytes, int step) {
  __m128i *w = lane->words;
  __m128i fresh;
  if (step < 4) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    fresh = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * step)), order);
  } else {
    __m128i sum = _mm_add_epi32(
        _mm_sha256msg1_epu32(w[step & 3], w[(step + 1) & 3]),
        _mm_alignr_epi8(w[(step + 3) & 3], w[(step + 2) & 3], 4));
    fresh = _mm_sha256msg2_epu32(sum, w[(step + 3) & 3]);
  }
  w[step & 3] = fresh;
  return _mm_add_epi32(fresh, _mm_load_si128((const __m128i *)(constants + 4 * step)));
}

WITH_SHA void csha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
  struct lane lane = load_lane(state);
  for (; blocks > 0; blocks--, bytes += CSHA256_BLOCK_BYTES) {
    const __m128i abef = lane.abef, cdgh = lane.cdgh;
#pragma clang loop unroll(full)
    for (int step = 0; step < 16; step++) {
      __m128i words = next_words(&lane, bytes, step);
      lane.cdgh = _mm_sha256rnds2_epu32(lane.cdgh, lane.abef, words);
      lane.abef = _mm_sha256rnds2_epu32(lane.abef, lane.cdgh, _mm_shuffle_epi32(words, 0x0E));
    }
    lane.abef = _mm_add_epi32(lane.abef, abef);
    lane.cdgh = _mm_add_epi32(lane.cdgh, cdgh);
  }
  store_lane(lane, state);
}

WITH_SHA void csha256_pair(
    uint32_t first[8], const uint8_t *first_bytes, uint32_t second[8],
    const uint8_t *second_bytes, size_t blocks) {
  struct lane a = load_lane(first), b = load_lane(second);
  for (; blocks > 0; blocks--) {
    const __m128i a_abef = a.abef, a_cdgh = a.cdgh, b_abef = b.abef, b_cdgh = b.cdgh;
#pragma clang loop unroll(full)
    for (int step = 0; step < 16; step++) {
      __m128i a_words = next_words(&a, first_bytes, step);
      __m128i b_words = next_words(&b, second_bytes, step);
      a.cdgh = _mm_sha256rnds2_epu32(a.cdgh, a.abef, a_words);
      b.cdgh = _mm_sha256rnds2_epu32(b.cdgh, b.abef, b_words);
      a.abef = _mm_sha256rnds2_epu32(a.abef, a.cdgh, _mm_shuffle_epi32(a_words, 0x0E));
      b.abef = _mm_sha256rnds2_epu32(b.abef, b.cdgh, _mm_shuffle_epi32(b_words, 0x0E));
    }
    a.abef = _mm_add_epi32(a.abef, a_abef);
    a.cdgh = _mm_add_epi32(a.cdgh, a_cdgh);
    b.abef = _mm_add_epi32(b.abef, b_abef);
    b.cdgh = _mm_add_epi32(b.cdgh, b_cdgh);
    first_bytes += CSHA256_BLOCK_BYTES;
    second_bytes += CSHA256_BLOCK_BYTES;
  }
  store_lane(a, first);
  store_lane(b, second);
}

int csha256_is_available(void) {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !(ebx & bit_SHA)) return 0;
  // SSSE3 and SSE4.1 are older than these; a virtual machine may still hide them.
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return 0;
  return (ecx & bit_SSSE3) != 0 && (ecx & bit_SSE41) != 0;
}

#else

int csha256_is_available(void) { return 0; }

void csha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
  (void)state, (void)bytes, (void)blocks;
  __builtin_trap();
}

void csha256_pair(
    uint32_t first[8], const uint8_t *first_bytes, uint32_t second[8],
    const uint8_t *second_bytes, size_t blocks) {
  (void)first, (void)first_bytes, (void)second, (void)second_bytes, (void)blocks;
  __builtin_trap();
}

#endif
