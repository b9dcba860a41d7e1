// Exact top-K in one launch, for few items (MOST_ITEMS) of few elements: a block searches all items for its 16 ROW_TILES queries.
//
//   1. Queries are scaled and rounded to fp16 (common/screening.cuh); excluded items are marked in a bitmap a query.
//   2. Estimates of all scores on tensor cores. Of a lane's eight items of a chunk only the largest estimate is kept.
//   3. A warp a query: the k-th largest of these maxima, each of which is another item's, is an estimate that k items reach; the margin below
//      it is the limit (topk_select.cu).
//   4. The same estimates once more, since there is no room to keep them: items that reach the limit become candidates.
//   5. A warp a query scores its candidates exactly and ranks them.
//   6. Queries with more candidates than a list holds, or without a margin, are answered by scoring every item, by the whole block.
//
// Items stream from the L2 cache to registers, each to one warp, which multiplies it by all queries of the block: no element of an item passes
// through shared memory in 2. and 4. The order of a product's elements is free as long as both sides share it, so a lane takes words of
// 16 bytes of rows as they are: element 32 w + 8 t + 4 s + i of a row is b0 or b1 of step 2 w + s of the lanes t of a group of four.
#include "common/async_copy.cuh"
#include "common/cuda.cuh"
#include "common/ranking.cuh"
#include "common/reduce.cuh"
#include "common/screening.cuh"
#include "common/tensor_core.cuh"

constexpr int THREADS = 512;
constexpr int WARPS = THREADS / WARP;
constexpr int MOST_ITEMS = 4096; // FusedItems in TopKPlan.cs
constexpr int CHUNK = 32;        // items of a warp's step: four tiles of eight
constexpr int CHUNK_SETS = 4;    // sets of eight items of a chunk, one of every lane of a group of four
constexpr int SET_ENTRIES = MOST_ITEMS / CHUNK * CHUNK_SETS / WARP; // maxima that a lane judges
constexpr int CAPACITY = 240;    // candidates of a query; FusedCapacity in TopKPlan.cs
constexpr int UNBOUNDED = 1 << 30; // a count that stays beyond it
constexpr float LEAST = -3.402823466e+38f; // Estimates of items that are not allowed are below every limit.

// Distances of the queries' rows in shared memory; lanes of eight rows meet other banks.
constexpr int MAXIMA_PITCH = MOST_ITEMS / CHUNK * CHUNK_SETS + 4;
constexpr int EXCLUDED_PITCH = MOST_ITEMS / 8 + 4; // bytes
constexpr int ROW_BYTES = 256;                     // of a candidate's row in shared memory, at most
constexpr int ROW_PITCH = ROW_BYTES + 16;

// Dynamic shared memory of a block: lists and float vectors of the queries, then first what screening and later what ranking needs
// (FusedSharedBytes in CudaRankingKernels.cs).
constexpr int RANKING_BYTES = WARPS * (CAPACITY * 8 + WARP * ROW_PITCH);
static_assert(MOST_ITEMS * 8 <= RANKING_BYTES, "the keys of all items fit too");

// Estimates of the items of chunks warp, warp + WARPS, ... for all queries of the block. Blocks start at other chunks, so that they do not all
// ask for the same lines at a time.
template <int DEPTH, int ROW_TILES> struct Screen {
    static constexpr int WORDS = DEPTH / 32; // of 16 bytes, that a lane holds of a row
    static constexpr int PITCH = DEPTH + 8;  // of the queries' halves
    unsigned a[ROW_TILES][DEPTH / 16][4];
    const unsigned short* items;
    const float* bias;             // shared
    const float* scales;           // shared
    const unsigned char* excluded; // shared; null where there are no exclusions
    int has_bias;
    int chunks;
    int rotation;

    __device__ __forceinline__ void load_queries(const unsigned short* halves) {
#pragma unroll
        for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
            for (int side = 0; side < 2; side++) {
                const unsigned short* row = halves + (16 * m + 8 * side + lane_index() / 4) * PITCH + 8 * (lane_index() & 3);
#pragma unroll
                for (int w = 0; w < WORDS; w++) {
                    const uint4 word = *reinterpret_cast<const uint4*>(row + 32 * w);
                    a[m][2 * w][side] = word.x;
                    a[m][2 * w][2 + side] = word.y;
                    a[m][2 * w + 1][side] = word.z;
                    a[m][2 * w + 1][2 + side] = word.w;
                }
            }
        }
    }

    __device__ __forceinline__ int chunk_at(int position) const {
        int chunk = position + rotation;
        return chunk < chunks ? chunk : chunk - chunks;
    }

    // Two tiles of eight items: half of a chunk.
    __device__ __forceinline__ void load_items(uint4 (&b)[2][WORDS], int chunk, int half) const {
#pragma unroll
        for (int n = 0; n < 2; n++) {
            const unsigned short* row = items + (long long)(chunk * CHUNK + 16 * half + 8 * n + lane_index() / 4) * DEPTH + 8 * (lane_index() & 3);
#pragma unroll
            for (int w = 0; w < WORDS; w++) {
                b[n][w] = __ldg(reinterpret_cast<const uint4*>(row + 32 * w));
            }
        }
    }

    // The bias of a tile's items, ADJUSTED: scaled like the query, and minus infinity for what is excluded.
    template <bool ADJUSTED> __device__ __forceinline__ void initial(float (&sum)[4], int tile, int m) const {
        const float2 of_items = *reinterpret_cast<const float2*>(bias + 8 * tile + 2 * (lane_index() & 3));
#pragma unroll
        for (int i = 0; i < 4; i++) {
            sum[i] = i % 2 == 0 ? of_items.x : of_items.y;
        }
        if constexpr (ADJUSTED) {
            const int row = 16 * m + lane_index() / 4;
            if (has_bias != 0) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    sum[i] *= scales[row + 8 * (i / 2)];
                }
            }
            if (excluded != nullptr) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    const unsigned bits = (unsigned)excluded[(row + 8 * (i / 2)) * EXCLUDED_PITCH + tile] >> (2 * (lane_index() & 3));
                    sum[i] = (bits >> (i % 2) & 1u) != 0 ? -infinity() : sum[i];
                }
            }
        }
    }

    // use(n, m, sum) for each of the four tiles n of a chunk and each 16 queries m, then end(chunk).
    template <class Use, class End> __device__ __forceinline__ void run(const Use& use, const End& end) const {
        if (has_bias != 0 || excluded != nullptr) {
            run_through<true>(use, end);
        } else {
            run_through<false>(use, end);
        }
    }

    template <bool ADJUSTED, class Use, class End> __device__ __forceinline__ void run_through(const Use& use, const End& end) const {
        uint4 next[2][WORDS] = {};
        if (warp_index() < chunks) {
            load_items(next, chunk_at(warp_index()), 0);
        }
        for (int position = warp_index(); position < chunks; position += WARPS) {
            const int chunk = chunk_at(position);
#pragma unroll
            for (int half = 0; half < 2; half++) {
                uint4 b[2][WORDS];
#pragma unroll
                for (int n = 0; n < 2; n++) {
#pragma unroll
                    for (int w = 0; w < WORDS; w++) {
                        b[n][w] = next[n][w];
                    }
                }
                if (half == 0) {
                    load_items(next, chunk, 1);
                } else if (position + WARPS < chunks) {
                    load_items(next, chunk_at(position + WARPS), 0);
                }
#pragma unroll
                for (int n = 0; n < 2; n++) {
                    float sum[ROW_TILES][4];
#pragma unroll
                    for (int m = 0; m < ROW_TILES; m++) {
                        initial<ADJUSTED>(sum[m], 4 * chunk + 2 * half + n, m);
                    }
#pragma unroll
                    for (int w = 0; w < WORDS; w++) {
#pragma unroll
                        for (int m = 0; m < ROW_TILES; m++) {
                            multiply_add(sum[m], a[m][2 * w], b[n][w].x, b[n][w].y, sum[m]);
                        }
#pragma unroll
                        for (int m = 0; m < ROW_TILES; m++) {
                            multiply_add(sum[m], a[m][2 * w + 1], b[n][w].z, b[n][w].w, sum[m]);
                        }
                    }
#pragma unroll
                    for (int m = 0; m < ROW_TILES; m++) {
                        use(2 * half + n, m, sum[m]);
                    }
                }
            }
            end(chunk);
        }
    }
};

// Brings the items in both forms into the L2 cache, a share of every block, while queries are made ready.
__device__ __forceinline__ void prefetch(const void* from, long long bytes) {
    for (long long line = (long long)threadIdx.x * gridDim.x + blockIdx.x; line * 128 < bytes; line += grid_threads()) {
        prefetch_line(reinterpret_cast<const unsigned char*>(from) + line * 128);
    }
}

// The limit of a query from the largest estimates of sets of items, by a warp. A smaller estimate than the k-th largest is valid too, so the
// search for it stops as soon as few more than k are above. Infinite estimates belong to items without one, or to none, and do not count.
__device__ __forceinline__ float limit_of(const float* maxima, int sets, int k, float margin) {
    const unsigned negative_infinity = 0x007fffffu;
    const unsigned positive_infinity = 0xff800000u;
    unsigned bits[SET_ENTRIES];
    unsigned largest = 0;
    unsigned least = 0xffffffffu;
    int counted = 0;
#pragma unroll
    for (int i = 0; i < SET_ENTRIES; i++) {
        const int set = i * WARP + lane_index();
        const unsigned ascending = set < sets ? ascending_bits(maxima[set]) : 0;
        const bool counts = ascending > negative_infinity && ascending < positive_infinity;
        bits[i] = counts ? ascending : 0;
        largest = max(largest, bits[i]);
        least = counts ? min(least, ascending) : least;
        counted += counts;
    }
    counted = warp_sum(counted);
    if (counted < k) {
        return LEAST;
    }
    // At least k from `low` on, fewer from `high` on.
    unsigned low = ~warp_max(~least);
    unsigned high = warp_max(largest) + 1;
    const int enough = k + k / 8;
    while (counted > enough && high - low > 1) {
        const unsigned middle = low + (high - low) / 2;
        int above = 0;
#pragma unroll
        for (int i = 0; i < SET_ENTRIES; i++) {
            above += bits[i] >= middle;
        }
        above = warp_sum(above);
        if (above >= k) {
            low = middle;
            counted = above;
        } else {
            high = middle;
        }
    }
    return fmaxf(limit_below(from_ascending_bits(low), margin), LEAST);
}

// Exact scores of a query's candidates as keys, by a warp. Rows are read by all lanes together, since lanes that read a row each would fetch
// every word in a transaction of its own; then a lane carries on the chain of its candidate. vector: the query in shared memory.
__device__ __forceinline__ void score_candidates(
    const float* vector, const Items& items, const unsigned short* list, int count, unsigned char* rows, unsigned long long* keys) {
    const int size = items.is_bfloat16 != 0 ? 2 : 4;
    const int words = items.columns * size / 16;
    const bool takes_words = items.takes_words();
    const int lane = lane_index();
    for (int first = 0; first < count; first += WARP) {
        const int tile = min(count - first, WARP);
        const int own = lane < tile ? list[first + lane] : -1;
        float score = 0.0f;
        if (takes_words) {
            constexpr int AT_ONCE = WARP / (ROW_BYTES / 16); // rows
            const int word = lane % (ROW_BYTES / 16);
#pragma unroll
            for (int i = 0; i < WARP; i += AT_ONCE) {
                const int row = i + lane / (ROW_BYTES / 16);
                if (row < tile && word < words) {
                    copy_16_bytes_async(
                        rows + row * ROW_PITCH + 16 * word,
                        reinterpret_cast<const unsigned char*>(items.vectors) + (long long)list[first + row] * items.stride * size + 16 * word);
                }
            }
            commit_async_copies();
            wait_async_copies<0>();
            __syncwarp();
            const unsigned char* row = rows + lane * ROW_PITCH;
            if (own >= 0 && size == 4) {
#pragma unroll 4
                for (int i = 0; i < words; i++) {
                    score = add_floats(vector + 4 * i, *reinterpret_cast<const float4*>(row + 16 * i), score);
                }
            } else if (own >= 0) {
                for (int i = 0; i < words; i++) {
                    score = add_bfloat16s(vector + 8 * i, *reinterpret_cast<const uint4*>(row + 16 * i), score);
                }
            }
        } else if (own >= 0) {
            for (int column = 0; column < items.columns; column++) {
                score = fmaf(vector[column], items.element(own, column), score);
            }
        }
        if (own >= 0) {
            keys[first + lane] = ranked_key(items.bias == nullptr ? score : score + items.bias[own], own);
        }
        __syncwarp();
    }
}

// A key's place is the number of smaller ones; by a warp. keys has room for one more where count is odd.
__device__ __forceinline__ void write_ranked(unsigned long long* keys, int count, int k, int* indices, float* scores) {
    const int lane = lane_index();
    if (lane == 0 && count % 2 != 0) {
        keys[count] = NO_RESULT;
    }
    __syncwarp();
    for (int first = lane; first < count; first += 2 * WARP) {
        const bool has_second = first + WARP < count;
        const unsigned long long own[2] = {keys[first], has_second ? keys[first + WARP] : NO_RESULT};
        int place[2] = {0, has_second ? 0 : k};
#pragma unroll 4
        for (int other = 0; other < count; other += 2) {
            const longlong2 two = *reinterpret_cast<const longlong2*>(keys + other);
#pragma unroll
            for (int i = 0; i < 2; i++) {
                place[i] += ((unsigned long long)two.x < own[i]) + ((unsigned long long)two.y < own[i]);
            }
        }
#pragma unroll
        for (int i = 0; i < 2; i++) {
            if (place[i] < k) {
                write_result(own[i], indices + place[i], scores + place[i]);
            }
        }
    }
    for (int i = count + lane; i < k; i += WARP) {
        write_result(NO_RESULT, indices + i, scores + i);
    }
}

// Without candidates: every item is scored and the keys are sorted; by the whole block.
__device__ __noinline__ void answer_exhaustively(
    const float* vector, Items items, Exclusions exclusions, int query, int k, unsigned long long* keys, int* indices, float* scores) {
    const int size = power_of_two_from(items.rows);
    for (int item = threadIdx.x; item < size; item += THREADS) {
        const bool counts = item < items.rows && items.is_allowed(item) && !exclusions.contains(query, item);
        keys[item] = counts ? ranked_key(exact_score(vector, items, item), item) : NO_RESULT;
    }
    __syncthreads();
    sort_keys(keys, size);
    for (int i = threadIdx.x; i < k; i += THREADS) {
        write_result(i < size ? keys[i] : NO_RESULT, indices + i, scores + i);
    }
    __syncthreads();
}

template <int DEPTH, int ROW_TILES>
__device__ __forceinline__ void fused(
    const float* queries, int query_stride, int query_count, const Items& items, const unsigned short* screen_items, const float* screen_bias,
    const Bounds* bounds, int has_bias, const Exclusions& exclusions, int k, int* indices, float* scores, int score_stride) {
    constexpr int QUERIES = 16 * ROW_TILES;
    using Screening = Screen<DEPTH, ROW_TILES>;
    __shared__ int counts[QUERIES];
    __shared__ float limits[QUERIES];
    __shared__ float scales[QUERIES];
    __shared__ float margins[QUERIES];
    DYNAMIC_SHARED(unsigned char, memory);
    float* vectors = reinterpret_cast<float*>(memory);                                           // (QUERIES, DEPTH)
    unsigned short* lists = reinterpret_cast<unsigned short*>(vectors + QUERIES * DEPTH);        // (QUERIES, CAPACITY)
    unsigned char* phase = reinterpret_cast<unsigned char*>(lists + QUERIES * CAPACITY);
    float* maxima = reinterpret_cast<float*>(phase);                                             // (QUERIES, MAXIMA_PITCH)
    float* bias = maxima + QUERIES * MAXIMA_PITCH;                                               // (MOST_ITEMS)
    unsigned short* halves = reinterpret_cast<unsigned short*>(bias + MOST_ITEMS);               // (QUERIES, PITCH)
    unsigned char* excluded = reinterpret_cast<unsigned char*>(halves + QUERIES * Screening::PITCH); // (QUERIES, EXCLUDED_PITCH)
    static_assert(
        QUERIES * (4 * MAXIMA_PITCH + 2 * Screening::PITCH + EXCLUDED_PITCH) + 4 * MOST_ITEMS <= RANKING_BYTES, "screening fits beside the lists");
    const int lane = lane_index();
    const int first_query = (int)blockIdx.x * QUERIES;
    const int chunks = (items.rows + CHUNK - 1) / CHUNK;
    const bool excludes = exclusions.offsets != nullptr;

    const Bounds item_bounds = *bounds;
    prefetch(screen_items, 2ll * items.rows * DEPTH);
    prefetch(items.vectors, ((items.rows - 1ll) * items.stride + items.columns) * (items.is_bfloat16 != 0 ? 2 : 4));
#pragma unroll
    for (int i = 0; i < QUERIES * DEPTH; i += THREADS) {
        const int row = first_query + (i + (int)threadIdx.x) / DEPTH;
        const int column = (int)threadIdx.x % DEPTH;
        vectors[i + threadIdx.x] = row < query_count && column < items.columns ? queries[(long long)row * query_stride + column] : 0.0f;
    }
    for (int item = threadIdx.x; item < chunks * CHUNK; item += THREADS) {
        bias[item] = screen_bias[item];
    }
    for (int i = threadIdx.x; excludes && i < QUERIES * EXCLUDED_PITCH / 4; i += THREADS) {
        reinterpret_cast<unsigned*>(excluded)[i] = 0;
    }
    __syncthreads();

    for (int row = threadIdx.x / SCREEN_LANES; row < QUERIES; row += THREADS / SCREEN_LANES) {
        const float* vector = vectors + row * DEPTH;
        const ScreenedQuery query = screen_query([&](int column) { return vector[column]; }, DEPTH, item_bounds, halves + row * Screening::PITCH);
        if (lane % SCREEN_LANES == 0) {
            scales[row] = query.scale;
            margins[row] = query.margin;
            counts[row] = query.margin < infinity() ? 0 : UNBOUNDED;
        }
    }
    for (int row = warp_index(); excludes && row < QUERIES && first_query + row < query_count; row += WARPS) {
        unsigned* words = reinterpret_cast<unsigned*>(excluded + row * EXCLUDED_PITCH);
        for (int i = exclusions.offsets[first_query + row] + lane; i < exclusions.offsets[first_query + row + 1]; i += WARP) {
            const int item = exclusions.items[i];
            if ((unsigned)item < (unsigned)items.rows) {
                atomicOr(words + item / 32, 1u << (item & 31));
            }
        }
    }
    __syncthreads();

    Screening screen;
    screen.load_queries(halves);
    screen.items = screen_items;
    screen.bias = bias;
    screen.scales = scales;
    screen.excluded = excludes ? excluded : nullptr;
    screen.has_bias = has_bias;
    screen.chunks = chunks;
    screen.rotation = (int)blockIdx.x % chunks;
    float largest[ROW_TILES][2];
#pragma unroll
    for (int m = 0; m < ROW_TILES; m++) {
        largest[m][0] = largest[m][1] = -infinity();
    }
    screen.run(
        [&](int, int m, const float (&sum)[4]) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                largest[m][i / 2] = fmaxf(largest[m][i / 2], sum[i]); // NaN does not count.
            }
        },
        [&](int chunk) {
#pragma unroll
            for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
                for (int side = 0; side < 2; side++) {
                    maxima[(16 * m + 8 * side + lane / 4) * MAXIMA_PITCH + CHUNK_SETS * chunk + (lane & 3)] = largest[m][side];
                    largest[m][side] = -infinity();
                }
            }
        });
    __syncthreads();

    for (int row = warp_index(); row < QUERIES; row += WARPS) {
        const bool is_bounded = first_query + row < query_count && counts[row] == 0;
        const float limit = is_bounded ? limit_of(maxima + row * MAXIMA_PITCH, CHUNK_SETS * chunks, k, margins[row]) : infinity();
        if (lane == 0) {
            limits[row] = limit;
        }
    }
    __syncthreads();

    float limit[ROW_TILES][2];
#pragma unroll
    for (int m = 0; m < ROW_TILES; m++) {
        limit[m][0] = limits[16 * m + lane / 4];
        limit[m][1] = limits[16 * m + lane / 4 + 8];
    }
    unsigned found[2] = {0, 0}; // bits of the lane's estimates of two tiles each
    static_assert(2 * ROW_TILES * 4 <= 32, "two tiles' estimates of a lane fit a word");
    screen.run(
        [&](int n, int m, const float (&sum)[4]) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                if (!(sum[i] < limit[m][i / 2])) { // NaN is a candidate.
                    found[n / 2] |= 1u << (4 * (n % 2 * ROW_TILES + m) + i);
                }
            }
        },
        [&](int chunk) {
            while ((found[0] | found[1]) != 0) {
                const int pair = found[0] != 0 ? 0 : 1;
                const unsigned left = pair == 0 ? found[0] : found[1];
                const int bit = __ffs((int)left) - 1;
                found[0] = pair == 0 ? left & (left - 1) : found[0];
                found[1] = pair == 0 ? found[1] : left & (left - 1);
                const int m = bit / 4 % ROW_TILES;
                const int n = 2 * pair + bit / 4 / ROW_TILES;
                const int row = 16 * m + lane / 4 + 8 * (bit / 2 % 2);
                const int place = atomicAdd(&counts[row], 1);
                if (place < CAPACITY) {
                    lists[row * CAPACITY + place] = (unsigned short)(CHUNK * chunk + 8 * n + 2 * (lane & 3) + bit % 2);
                }
            }
            __syncwarp(); // Products are of whole warps.
        });
    __syncthreads();

    unsigned long long* all_keys = reinterpret_cast<unsigned long long*>(phase); // (WARPS, CAPACITY), or of all items
    for (int row = warp_index(); row < QUERIES && first_query + row < query_count; row += WARPS) {
        if (counts[row] <= CAPACITY) {
            unsigned long long* keys = all_keys + warp_index() * CAPACITY;
            unsigned char* rows = phase + WARPS * CAPACITY * 8 + warp_index() * (WARP * ROW_PITCH);
            score_candidates(vectors + row * DEPTH, items, lists + row * CAPACITY, counts[row], rows, keys);
            const long long query = first_query + row;
            write_ranked(keys, counts[row], k, indices + query * k, scores + query * score_stride);
        }
        __syncwarp();
    }
    __syncthreads();

    for (int row = 0; row < QUERIES && first_query + row < query_count; row++) {
        if (counts[row] > CAPACITY) {
            const long long query = first_query + row;
            answer_exhaustively(
                vectors + row * DEPTH, items, exclusions, (int)query, k, all_keys, indices + query * k, scores + query * score_stride);
        }
    }
}

#define FUSED_PARAMETERS                                                                                                               \
    const float *queries, int query_stride, int query_count, Items items, const unsigned short *screen_items, const float *screen_bias, \
        const Bounds *bounds, int has_bias, Exclusions exclusions, int k, int *indices, float *scores, int score_stride
#define FUSED_ARGUMENTS                                                                                                                \
    queries, query_stride, query_count, items, screen_items, screen_bias, bounds, has_bias, exclusions, k, indices, scores, score_stride

extern "C" __global__ void __launch_bounds__(512, 1) topk_fused_32_16(FUSED_PARAMETERS) { fused<32, 1>(FUSED_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(512, 1) topk_fused_32_48(FUSED_PARAMETERS) { fused<32, 3>(FUSED_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(512, 1) topk_fused_64_16(FUSED_PARAMETERS) { fused<64, 1>(FUSED_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(512, 1) topk_fused_64_48(FUSED_PARAMETERS) { fused<64, 3>(FUSED_ARGUMENTS); }
