// What the kernels of exact top-K share: items, candidates, scores and their order (IRankingKernels.cs; docs/numerics.md, Top-K).
#ifndef AUTOTOWER_RANKING_CUH
#define AUTOTOWER_RANKING_CUH

#include "common/cuda.cuh"

__device__ __forceinline__ float from_bfloat16(unsigned half) { return __uint_as_float(half << 16); }

// ItemTable.cs, flattened: M vectors of `columns` elements, float or the upper halves of floats.
struct Items {
    const void* vectors;
    const float* bias;            // (M) or null
    const unsigned* allowed;      // bitmap of M bits or null
    int rows;
    int columns;
    int stride;
    int is_bfloat16;

    __device__ __forceinline__ bool is_allowed(int item) const {
        return allowed == nullptr || (allowed[item >> 5] >> (item & 31) & 1u) != 0;
    }

    __device__ __forceinline__ float element(int item, int column) const {
        long long at = (long long)item * stride + column;
        return is_bfloat16 != 0 ? from_bfloat16(reinterpret_cast<const unsigned short*>(vectors)[at]) : reinterpret_cast<const float*>(vectors)[at];
    }

    // Whether every row may be read in words of 16 bytes.
    __device__ __forceinline__ bool takes_words() const {
        int per_word = is_bfloat16 != 0 ? 8 : 4;
        return (unsigned long long)vectors % 16 == 0 && stride % per_word == 0 && columns % per_word == 0;
    }
};

// Exclusions per query: items[offsets[i] .. offsets[i + 1]), ascending; offsets is null where there are none.
struct Exclusions {
    const int* offsets;
    const int* items;

    __device__ __forceinline__ bool contains(int query, int item) const {
        if (offsets == nullptr) {
            return false;
        }
        int low = offsets[query];
        int high = offsets[query + 1];
        while (low < high) {
            int middle = (low + high) >> 1;
            int value = items[middle];
            if (value == item) {
                return true;
            }
            if (value < item) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return false;
    }
};

// A candidate: an estimate of its score (exact on the streaming path) and the item.
struct __align__(8) Candidate {
    float score;
    int item;
};

// The lists of all queries: query i has capacity places from i * capacity on. counts[i] is the number of candidates offered, which may pass
// the capacity: then the list is not complete, and the query is answered by topk_exhaustive. A candidate belongs into the list unless its
// estimate is below limits[i].
struct Lists {
    Candidate* candidates;  // (N, capacity)
    int* counts;            // (N)
    float* limits;          // (N)
    const float* margins;   // (N) bound of |estimate - score|
    int capacity;

    __device__ __forceinline__ Candidate* of(int query) const { return candidates + (long long)query * capacity; }

    __device__ __forceinline__ void offer(int query, float score, int item) const {
        int place = atomicAdd(counts + query, 1);
        if (place < capacity) {
            Candidate candidate;
            candidate.score = score;
            candidate.item = item;
            of(query)[place] = candidate;
        }
    }
};

constexpr int OVERFLOWED = 1 << 30; // A count that stays beyond any capacity.

// The visiting order of tiles: position p is tile p * step mod count with step coprime to count, so that what a round sees is a sample of
// all items, however they are sorted.
__device__ __forceinline__ int tile_at(long long position, int step, int count) { return (int)(position * step % count); }

// The tile `step` (at most count) further on; a division less than tile_at.
__device__ __forceinline__ int tile_after(int tile, int step, int count) {
    int next = tile - (count - step);
    return next < 0 ? next + count : next;
}

// Scores as unsigned numbers that ascend as the scores do; NaN is 0, below minus infinity, and zeros have no sign.
__device__ __forceinline__ unsigned ascending_bits(float score) {
    if (isnan(score)) {
        return 0;
    }
    unsigned bits = __float_as_uint(score + 0.0f);
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

// Inverse, for numbers that are no NaN.
__device__ __forceinline__ float from_ascending_bits(unsigned bits) {
    return __uint_as_float((bits & 0x80000000u) != 0 ? bits & 0x7fffffffu : ~bits);
}

// Score and item as one number whose ascending order is the order of results (RankedScore.cs).
constexpr unsigned long long NO_RESULT = ~0ull;

__device__ __forceinline__ unsigned long long ranked_key(float score, int item) {
    return (unsigned long long)~ascending_bits(score) << 32 | (unsigned)item;
}

__device__ __forceinline__ void write_result(unsigned long long key, int* index, float* score) {
    unsigned bits = ~(unsigned)(key >> 32);
    bool missing = key == NO_RESULT;
    *index = missing ? -1 : (int)(unsigned)key;
    *score = missing ? -infinity() : bits == 0 ? __int_as_float(0x7fc00000) : from_ascending_bits(bits);
}

// A score carried on over the elements of one 16-byte word of an item's row; x are the query's elements.
__device__ __forceinline__ float add_floats(const float* x, float4 y, float score) {
    float4 of_query = *reinterpret_cast<const float4*>(x);
    score = fmaf(of_query.x, y.x, score);
    score = fmaf(of_query.y, y.y, score);
    score = fmaf(of_query.z, y.z, score);
    return fmaf(of_query.w, y.w, score);
}

__device__ __forceinline__ float add_bfloat16s(const float* x, uint4 y, float score) {
    unsigned pairs[4] = {y.x, y.y, y.z, y.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
        score = fmaf(x[2 * i], from_bfloat16(pairs[i] & 0xffffu), score);
        score = fmaf(x[2 * i + 1], from_bfloat16(pairs[i] >> 16), score);
    }
    return score;
}

// The score that results have: one chain of fused multiply-adds in the order of the elements, then the bias. query has `columns` elements,
// 16-byte aligned, in shared memory.
__device__ __forceinline__ float exact_score(const float* query, const Items& items, int item) {
    float score = 0.0f;
    if (items.takes_words()) {
        int words = items.columns / (items.is_bfloat16 != 0 ? 8 : 4);
        if (items.is_bfloat16 != 0) {
            const uint4* row = reinterpret_cast<const uint4*>(reinterpret_cast<const unsigned short*>(items.vectors) + (long long)item * items.stride);
            for (int word = 0; word < words; word++) {
                score = add_bfloat16s(query + 8 * word, row[word], score);
            }
        } else {
            const float4* row = reinterpret_cast<const float4*>(reinterpret_cast<const float*>(items.vectors) + (long long)item * items.stride);
            constexpr int AHEAD = 8; // loads under way at once: rows are read at random
            int word = 0;
            for (; word + AHEAD <= words; word += AHEAD) {
                float4 y[AHEAD];
#pragma unroll
                for (int i = 0; i < AHEAD; i++) {
                    y[i] = row[word + i];
                }
#pragma unroll
                for (int i = 0; i < AHEAD; i++) {
                    score = add_floats(query + 4 * (word + i), y[i], score);
                }
            }
            for (; word < words; word++) {
                score = add_floats(query + 4 * word, row[word], score);
            }
        }
    } else {
        for (int column = 0; column < items.columns; column++) {
            score = fmaf(query[column], items.element(item, column), score);
        }
    }
    return items.bias == nullptr ? score : score + items.bias[item];
}

// Distance in bytes of rows in shared memory that lanes read in words of 16 bytes, a row a lane, without bank conflicts.
__device__ __forceinline__ int row_pitch(int row_bytes) { return 16 * ((row_bytes + 15) / 16 | 1); }

// Sorts `count` (a power of two) keys in shared memory, ascending; called by the whole block, which sees the result.
__device__ __forceinline__ void sort_keys(unsigned long long* keys, int count) {
    for (int width = 2; width <= count; width *= 2) {
        for (int distance = width / 2; distance > 0; distance /= 2) {
            __syncthreads();
            for (int pair = threadIdx.x; pair < count / 2; pair += blockDim.x) {
                int low = 2 * pair - (pair & (distance - 1));
                int high = low + distance;
                bool ascending = (low & width) == 0;
                unsigned long long a = keys[low];
                unsigned long long b = keys[high];
                if ((a > b) == ascending) {
                    keys[low] = b;
                    keys[high] = a;
                }
            }
        }
    }
    __syncthreads();
}

__device__ __forceinline__ int power_of_two_from(int count) { return count <= 1 ? 1 : 1 << (32 - __clz(count - 1)); }

#endif
