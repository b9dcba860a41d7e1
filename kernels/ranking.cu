// Exact top K by inner product (IRankingKernels.cs): the plain way, score by score.
//
//   Of M scores a query, those of its excluded items left out, the k best: score descending, NaN behind every number, then index ascending.
//
// queries (N, O), items (M, O), bias (M) or null, allowed: a bit an item, or null; exclusions: query i leaves out items[offsets[i] ..
// offsets[i+1]); codes (N, M): scratch. indices (N, k), results (N, k) are assigned, -1 and minus infinity where fewer than k are left.
// A code is a score as an unsigned number whose ascending order is that of the results; code and index together are distinct keys, so the
// k-th smallest is found digit by digit, and exactly k keys are at most as large.
#include "common/cuda.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;
constexpr int SELECT_THREADS = 512;
constexpr int LARGEST_K = 1024;
constexpr int ITEM_TILE = 64;
constexpr int QUERY_TILE = 16;
constexpr int DEPTH = 32;
constexpr int QUERY_STEP = THREADS / ITEM_TILE;
constexpr int QUERIES_PER_THREAD = QUERY_TILE / QUERY_STEP;
constexpr int DIGIT_BITS = 8;
constexpr int DIGITS = 1 << DIGIT_BITS;

constexpr unsigned EXCLUDED = 0xffffffffu;
constexpr unsigned NOT_A_NUMBER = 0xfffffffeu;

// Negative floats in descending order are ascending unsigned numbers as they are; positive ones once flipped.
__device__ __forceinline__ unsigned code_of(float score) {
    if (isnan(score)) {
        return NOT_A_NUMBER;
    }
    unsigned bits = __float_as_uint(score == 0 ? 0 : score); // -0 equals 0.
    return bits & 0x80000000u ? bits : 0x7fffffffu ^ bits;
}

__device__ __forceinline__ float score_of(unsigned code) {
    if (code == NOT_A_NUMBER) {
        return __uint_as_float(0xffc00000u);
    }
    return __uint_as_float(code & 0x80000000u ? code : 0x7fffffffu ^ code);
}

__device__ __forceinline__ unsigned long long key_of(const Matrix& codes, int query, int item) {
    return (unsigned long long)__float_as_uint(codes.row(query)[item]) << 32 | (unsigned)item;
}

__device__ __forceinline__ float widen(unsigned short upper_half) { return __uint_as_float((unsigned)upper_half << 16); }

// The codes of all items for some queries; items that are not allowed are excluded. The vectors of the items are floats, or bfloat16
// where `narrow`. The score is one chain of fused multiply-adds in the order of the elements, as IRankingKernels.cs defines it: a thread
// owns an item and every fourth query of a tile.
extern "C" __global__ void __launch_bounds__(256) ranking_score(
    Matrix queries, const void* items, int item_stride, int narrow, const float* bias, const unsigned* allowed, Matrix codes) {
    __shared__ float query_tile[QUERY_TILE][DEPTH];
    __shared__ float item_tile[ITEM_TILE][DEPTH + 1];
    int item_tiles = (codes.columns + ITEM_TILE - 1) / ITEM_TILE;
    int first_item = blockIdx.x % item_tiles * ITEM_TILE;
    int first_query = blockIdx.x / item_tiles * QUERY_TILE;
    int own_item = threadIdx.x % ITEM_TILE;
    int own_query = threadIdx.x / ITEM_TILE;
    float scores[QUERIES_PER_THREAD] = {};
    for (int depth = 0; depth < queries.columns; depth += DEPTH) {
        int count = min(DEPTH, queries.columns - depth);
        for (int element = threadIdx.x; element < QUERY_TILE * DEPTH; element += THREADS) {
            int query = element / DEPTH;
            int c = element % DEPTH;
            bool inside = first_query + query < queries.rows && c < count;
            query_tile[query][c] = inside ? queries.row(first_query + query)[depth + c] : 0;
        }
        for (int element = threadIdx.x; element < ITEM_TILE * DEPTH; element += THREADS) {
            int item = element / DEPTH;
            int c = element % DEPTH;
            long long at = (long long)(first_item + item) * item_stride + depth + c;
            bool inside = first_item + item < codes.columns && c < count;
            item_tile[item][c] = !inside ? 0 : narrow ? widen(((const unsigned short*)items)[at]) : ((const float*)items)[at];
        }
        __syncthreads();
        for (int c = 0; c < count; c++) {
            float value = item_tile[own_item][c];
            for (int i = 0; i < QUERIES_PER_THREAD; i++) {
                scores[i] = fmaf(query_tile[own_query + i * QUERY_STEP][c], value, scores[i]);
            }
        }
        __syncthreads();
    }
    int item = first_item + own_item;
    if (item >= codes.columns) {
        return;
    }
    bool wanted = allowed == nullptr || (allowed[item / 32] >> item % 32 & 1) != 0;
    for (int i = 0; i < QUERIES_PER_THREAD; i++) {
        int query = first_query + own_query + i * QUERY_STEP;
        if (query < codes.rows) {
            unsigned code = wanted ? code_of(scores[i] + (bias == nullptr ? 0 : bias[item])) : EXCLUDED;
            codes.row(query)[item] = __uint_as_float(code);
        }
    }
}

// A block owns a query. Queries of this launch begin at first_query of the exclusions.
extern "C" __global__ void __launch_bounds__(256) ranking_exclude(Matrix codes, const int* offsets, const int* items, int first_query) {
    int query = first_query + blockIdx.x;
    for (int i = offsets[query] + threadIdx.x; i < offsets[query + 1]; i += THREADS) {
        codes.row(blockIdx.x)[items[i]] = __uint_as_float(EXCLUDED);
    }
}

// A block owns a query.
extern "C" __global__ void __launch_bounds__(512) ranking_select(Matrix codes, int k, int* indices, Matrix results) {
    __shared__ unsigned long long keys[LARGEST_K];
    __shared__ unsigned counts[DIGITS];
    __shared__ unsigned long long prefix;
    __shared__ unsigned wanted;
    __shared__ unsigned found;
    int query = blockIdx.x;
    int count = min(k, codes.columns);
    if (threadIdx.x == 0) {
        prefix = 0;
        wanted = count;
        found = 0;
    }
    int shift = 64;
    bool split = true; // Whether keys that share the prefix are more than wanted.
    while (shift > 0 && split) {
        shift -= DIGIT_BITS;
        for (int digit = threadIdx.x; digit < DIGITS; digit += SELECT_THREADS) {
            counts[digit] = 0;
        }
        __syncthreads();
        unsigned long long above = prefix;
        for (int item = threadIdx.x; item < codes.columns; item += SELECT_THREADS) {
            unsigned long long key = key_of(codes, query, item);
            if (shift + DIGIT_BITS == 64 || key >> (shift + DIGIT_BITS) == above) {
                atomicAdd(&counts[key >> shift & (DIGITS - 1)], 1u);
            }
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            unsigned digit = 0;
            while (counts[digit] < wanted) {
                wanted -= counts[digit];
                digit++;
            }
            prefix = above << DIGIT_BITS | digit;
            found = counts[digit];
        }
        __syncthreads();
        split = found > wanted;
        __syncthreads();
    }

    // The k-th smallest key begins with the prefix, and all keys that do are wanted.
    unsigned long long last = prefix;
    int room = 1;
    while (room < count) {
        room *= 2;
    }
    for (int place = threadIdx.x; place < room; place += SELECT_THREADS) {
        keys[place] = ~0ull;
    }
    if (threadIdx.x == 0) {
        found = 0;
    }
    __syncthreads();
    for (int item = threadIdx.x; item < codes.columns; item += SELECT_THREADS) {
        unsigned long long key = key_of(codes, query, item);
        if (key >> shift <= last) {
            keys[atomicAdd(&found, 1u)] = key;
        }
    }
    __syncthreads();

    // Bitonic sort of distinct keys: the order in which they were gathered does not matter.
    for (int run = 2; run <= room; run *= 2) {
        for (int distance = run / 2; distance > 0; distance /= 2) {
            for (int place = threadIdx.x; place < room; place += SELECT_THREADS) {
                int partner = place ^ distance;
                if (partner > place) {
                    unsigned long long a = keys[place];
                    unsigned long long b = keys[partner];
                    bool ascending = (place & run) == 0;
                    if (ascending ? a > b : a < b) {
                        keys[place] = b;
                        keys[partner] = a;
                    }
                }
            }
            __syncthreads();
        }
    }
    for (int place = threadIdx.x; place < k; place += SELECT_THREADS) {
        unsigned code = place < count ? (unsigned)(keys[place] >> 32) : EXCLUDED;
        indices[(long long)query * k + place] = code == EXCLUDED ? -1 : (int)(unsigned)keys[place];
        results.row(query)[place] = code == EXCLUDED ? -infinity() : score_of(code);
    }
}
