// What screening on tensor cores knows of queries and items; docs/numerics.md, Top-K.
//
// A vector is scaled by a power of two, items by one for all so that the largest norm lies in [1/2, 1), queries each so that its own does; a scaled
// vector v is screened as v' = fp16(v). For a query x and an item y, Cauchy-Schwarz gives
//   |x.y - x'.y'| <= |x - x'| |y| + |x'| |y - y'|,
// and sums in float32, on tensor cores or in the chain that defines scores, add at most a multiple of |x| |y| + |bias|. With the largest
// |y|, |y - y'| and |bias| of all items this makes one margin per query: a score, scaled like its query and the items, and its estimate differ
// by no more. Items for which no finite bound holds (an element or a bias that is not finite, a norm out of range) get a zero vector and +infinity
// as screening bias: they are candidates always. Items that are not allowed get -infinity: never.
//
// Norms are formed in double and rounded up: no square can leave double's range.
#ifndef AUTOTOWER_SCREENING_CUH
#define AUTOTOWER_SCREENING_CUH

#include "common/half.cuh"
#include "common/reduce.cuh"

constexpr float LARGEST_NORM = 1e18f; // Products of two norms stay far inside float's range.

// A float that is at least the square root of `square`.
__device__ __forceinline__ float root_above(double square) { return (float)(sqrt(square) * 1.000001) + 1e-38f; }

// The power of two that brings a norm into [1/2, 1); one where there is nothing to scale. Never above 2^60, so that a
// scaled bias stays in range; what is smaller still loses digits, which the margins know.
__device__ __forceinline__ float scale_of(float norm) {
    const int exponent = (int)(__float_as_uint(norm) >> 23); // of a positive float, 127 for 1
    return norm > 0 ? __uint_as_float((unsigned)min(253 - exponent, 127 + 60) << 23) : 1.0f;
}

// What is known of the items that can be bounded; zero before, maxima of positive floats after, which are ordered as their bits.
struct Bounds {
    float norm; // |y|, not scaled
    float rest; // |y - y'|, scaled like all that follows
    float bias;

    __device__ __forceinline__ float scale() const { return scale_of(norm); }
};

struct ScreenedQuery {
    float scale;  // a power of two
    float margin; // bound of |estimate - score|; infinite where there is none
};

constexpr int SCREEN_LANES = 8; // that make a query ready: sums over few lanes are short, and a warp has four queries

// The scaled query in fp16, `depth` elements, by SCREEN_LANES neighbouring lanes of a whole warp. element(column) is zero beyond the query's
// columns.
template <class Element>
__device__ __forceinline__ ScreenedQuery screen_query(const Element& element, int depth, const Bounds& bounds, unsigned short* to) {
    const int first = lane_index() % SCREEN_LANES;
    double square = 0;
    for (int column = first; column < depth; column += SCREEN_LANES) {
        square += (double)element(column) * element(column);
    }
    for (int distance = SCREEN_LANES / 2; distance > 0; distance /= 2) {
        square += __shfl_xor_sync(FULL_WARP, square, distance);
    }
    const bool bounded = square < (double)LARGEST_NORM * LARGEST_NORM;
    const float norm = root_above(square);
    // A query next to zero beside a large bias is scaled less, so that the scaled bias stays in range.
    const float scale = bounded ? fminf(scale_of(norm), 1e30f / fmaxf(bounds.bias, 1.0f)) : 1.0f;
    const float power = __uint_as_float(__float_as_uint(scale) & 0x7f800000u);
    double rest_square = 0;
    double screened_square = 0;
    for (int column = first; column < depth; column += SCREEN_LANES) {
        const float value = bounded ? element(column) * power : 0.0f;
        const unsigned half = to_halves(value, 0.0f);
        const float screened = from_halves(half).x;
        const float rest = value - screened;
        rest_square += (double)rest * rest;
        screened_square += (double)screened * screened;
        to[column] = (unsigned short)half;
    }
    for (int distance = SCREEN_LANES / 2; distance > 0; distance /= 2) {
        rest_square += __shfl_xor_sync(FULL_WARP, rest_square, distance);
        screened_square += __shfl_xor_sync(FULL_WARP, screened_square, distance);
    }
    const float item_norm = bounds.norm * bounds.scale();
    const float size = norm * power * item_norm * 1.01f + bounds.bias * power;
    const float rounding = root_above(rest_square) * item_norm + root_above(screened_square) * bounds.rest;
    // Either sum makes at most depth + 1 errors of 2^-24 (the chain) or, with room for how tensor cores align summands, 2^-21; products
    // that underflow, in the chain before it is scaled, are covered by the constants.
    const float summing = size * (float)(depth + 8) * (1.0f / (1 << 21)) + 1e-34f + 1e-40f * power * bounds.scale();
    return ScreenedQuery{power, bounded ? (rounding + summing) * 1.00001f : infinity()};
}

// The least estimate of a result, if k estimates reach `reached`.
__device__ __forceinline__ float limit_below(float reached, float margin) {
    const float limit = reached - (2.0f * margin + 2.4e-7f * fabsf(reached));
    return isnan(limit) ? -infinity() : limit;
}

#endif
