// Exact top-K, screening on tensor cores: estimates of the scores of 256 (or 128) queries x tiles of items, of which only those not below the
// query's limit leave the chip, as candidates. The queries' fragments stay in registers while the items stream through shared memory.
//
//   screen_queries (padded N, DEPTH), screen_items (padded M, DEPTH) in fp16, screen_bias (padded M), scales (padded N): topk_prepare.cu.
//   Estimates, limits and margins are scaled like their query and the items. has_bias: some bias is finite and not zero.
//   A block has one group of queries and tiles [its share of positions first_position .. end_position) of the visiting order.
//   mode 0: candidates are offered. Other modes are for the first round, which has no limits yet, and leave counts alone:
//   1: every estimate is written, at its position; 2: the largest of every SET_ITEMS estimates, which are other items'.
//
// Per warp: 16 ROW_TILES queries x 8 COLUMN_TILES items at a time; sixteen warps are 8 (queries) x 2 (items). Rows of shared tiles are swizzled
// in words of 16 bytes, so that neither copies nor fragment loads meet bank conflicts.
#include "common/async_copy.cuh"
#include "common/cuda.cuh"
#include "common/dependent.cuh"
#include "common/ranking.cuh"
#include "common/tensor_core.cuh"

constexpr int THREADS = 512;
constexpr int WARPS = THREADS / WARP;
constexpr int QUERY_WARPS = 8;
constexpr int ITEM_WARPS = 2;
constexpr int STAGE_BYTES = 32768;
constexpr int STAGES = 2;
constexpr int QUEUE = 200;  // candidates a warp gathers before it writes them,
constexpr int ENOUGH = 96;  // which it does from this many on
constexpr int EVERY_ESTIMATE = 1; // modes
constexpr int MAXIMA = 2;
constexpr int AT_ONCE = 4;  // candidates a lane writes with their latencies overlapped

// The candidates that a warp has found and not yet written, in shared memory. A lane's candidates take consecutive places; those that do not
// fit go to the lists at once, and `filled` is the first of their places.
struct Queue {
    Candidate* candidates;
    unsigned char* rows; // queries, counted from the block's first
    int* taken;
    int* filled;
};

__device__ __noinline__ void offer(Candidate* list, int* count, int capacity, float score, int item) {
    int place = atomicAdd(count, 1);
    if (place < capacity) {
        list[place] = Candidate{score, item};
    }
}

// Moves the first `count` candidates of the warp's queue to the lists of their queries.
__device__ __noinline__ void write_candidates(
    const Candidate* queue, const unsigned char* rows, int count, Candidate* lists, int* counts, int capacity, int queries, int items) {
    for (int first = lane_index(); first < count; first += AT_ONCE * WARP) {
        Candidate candidates[AT_ONCE];
        int query[AT_ONCE];
        int place[AT_ONCE];
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            int at = first + i * WARP;
            place[i] = capacity;
            if (at < count) {
                candidates[i] = queue[at];
                query[i] = rows[at];
                if (query[i] < queries && candidates[i].item < items) {
                    place[i] = atomicAdd(counts + query[i], 1);
                }
            }
        }
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            if (place[i] < capacity) {
                lists[(long long)query[i] * capacity + place[i]] = candidates[i];
            }
        }
    }
}

template <int DEPTH> __device__ __forceinline__ int swizzled(int row, int word) {
    constexpr int WORDS = DEPTH / 8;
    return (row * WORDS + (word ^ (WORDS >= 8 ? row & 7 : (row >> 1) & 3))) * 8;
}

// Starts copying `rows` rows of DEPTH elements to shared memory.
template <int DEPTH> __device__ __forceinline__ void copy_rows(unsigned short* shared, const unsigned short* global, int rows) {
    constexpr int WORDS = DEPTH / 8;
    for (int i = threadIdx.x; i < rows * WORDS; i += THREADS) {
        copy_16_bytes_async(shared + swizzled<DEPTH>(i / WORDS, i % WORDS), global + (long long)i * 8);
    }
}

template <int DEPTH, int ROW_TILES, int COLUMN_TILES>
__device__ __forceinline__ void screen(
    const unsigned short* screen_queries, const unsigned short* screen_items, const float* screen_bias, const float* scales, int has_bias,
    Lists lists, int queries, int items, int first_position, int end_position, int positions_a_block, int tile_step, int tile_count,
    int query_groups, int mode) {
    constexpr int TILE_ITEMS = STAGE_BYTES / 2 / DEPTH;
    constexpr int GROUP = 16 * ROW_TILES * QUERY_WARPS;
    constexpr int STEP_ITEMS = 8 * COLUMN_TILES * ITEM_WARPS;
    constexpr int SET_ITEMS = 2 * COLUMN_TILES; // a lane's items of a step
    constexpr int DEPTH_STEPS = DEPTH / 16;
    constexpr int ROW_BYTES = 2 * DEPTH;
    static_assert(GROUP <= 256, "the queue holds rows as bytes");
    static_assert(GROUP * DEPTH * 2 <= STAGES * STAGE_BYTES, "queries are staged where items go later");
    DYNAMIC_SHARED(unsigned short, stages);
    __shared__ __align__(16) float bias[STAGES][STAGE_BYTES / 2 / 32];
    __shared__ float limit_of_row[GROUP];
    __shared__ float scale_of_row[GROUP];
    __shared__ __align__(16) Candidate queue_candidates[WARPS][QUEUE];
    __shared__ unsigned char queue_rows[WARPS][QUEUE];
    __shared__ int queue_taken[WARPS];
    __shared__ int queue_filled[WARPS];

    wait_for_launch_before();
    int lane = lane_index();
    int query_warp = warp_index() % QUERY_WARPS;
    int item_warp = warp_index() / QUERY_WARPS;
    int first_query = (int)(blockIdx.x % query_groups) * GROUP;
    int begin = first_position + (int)(blockIdx.x / query_groups) * positions_a_block;
    int end = min(end_position, begin + positions_a_block);
    if (begin >= end) {
        return;
    }
    const Queue queue = {queue_candidates[warp_index()], queue_rows[warp_index()], &queue_taken[warp_index()], &queue_filled[warp_index()]};
    *queue.taken = 0;
    *queue.filled = QUEUE;
    auto flush = [&]() {
        write_candidates(
            queue.candidates, queue.rows, min(*queue.taken, *queue.filled), lists.of(first_query), lists.counts + first_query, lists.capacity,
            queries - first_query, items);
        __syncwarp();
        *queue.taken = 0;
        *queue.filled = QUEUE;
        __syncwarp();
    };

    // The queries' fragments.
    copy_rows<DEPTH>(stages, screen_queries + (long long)first_query * DEPTH, GROUP);
    commit_async_copies();
    for (int row = threadIdx.x; row < GROUP; row += THREADS) {
        limit_of_row[row] = first_query + row < queries ? lists.limits[first_query + row] : infinity();
        scale_of_row[row] = scales[first_query + row];
    }
    wait_async_copies<0>();
    __syncthreads();
    unsigned a[ROW_TILES][DEPTH_STEPS][4];
    float limit[ROW_TILES][2];
#pragma unroll
    for (int m = 0; m < ROW_TILES; m++) {
        int row = (query_warp * ROW_TILES + m) * 16;
#pragma unroll
        for (int k = 0; k < DEPTH_STEPS; k++) {
            load_matrices(a[m][k], shared_address(stages + swizzled<DEPTH>(row + (lane & 15), 2 * k + (lane >> 4))));
        }
        limit[m][0] = limit_of_row[row + lane / 4];
        limit[m][1] = limit_of_row[row + lane / 4 + 8];
    }
    __syncthreads();

    auto start_copies = [&](int stage, int tile) {
        long long item = (long long)tile * TILE_ITEMS;
        copy_rows<DEPTH>(stages + stage * (STAGE_BYTES / 2), screen_items + item * DEPTH, TILE_ITEMS);
        for (int i = threadIdx.x; i < TILE_ITEMS / 4; i += THREADS) {
            copy_16_bytes_async(&bias[stage][4 * i], screen_bias + item + 4 * i);
        }
    };
    // A lane's word of the first matrices of a step: the swizzle depends on the row modulo 8 alone, which all its rows share, and words 2k
    // further on differ in higher bits.
    const int own_word = 2 * swizzled<DEPTH>((lane & 7) + ((lane >> 4) << 3), (lane >> 3) & 1);
    int next_tile = tile_at(begin, tile_step, tile_count);
    start_copies(0, next_tile);
    commit_async_copies();
    for (int position = begin; position < end; position++) {
        int stage = (position - begin) % STAGES;
        int tile_item = next_tile * TILE_ITEMS;
        next_tile = tile_after(next_tile, tile_step, tile_count);
        if (position + 1 < end) {
            start_copies((stage + 1) % STAGES, next_tile);
        }
        commit_async_copies();
        wait_async_copies<1>();
        __syncthreads();
        const SharedAddress tile = shared_address(stages) + stage * STAGE_BYTES;

#pragma unroll 1
        for (int step = 0; step < TILE_ITEMS / STEP_ITEMS; step++) {
            int column = step * STEP_ITEMS + item_warp * (8 * COLUMN_TILES);
            float sum[ROW_TILES][COLUMN_TILES][4];
#pragma unroll
            for (int k = 0; k < DEPTH_STEPS; k++) {
                unsigned b[COLUMN_TILES / 2][4];
#pragma unroll
                for (int pair = 0; pair < COLUMN_TILES / 2; pair++) {
                    load_matrices(b[pair], tile + column * ROW_BYTES + 16 * pair * ROW_BYTES + (own_word ^ 32 * k));
                }
#pragma unroll
                for (int n = 0; n < COLUMN_TILES; n++) {
                    unsigned b0 = b[n / 2][2 * (n % 2)];
                    unsigned b1 = b[n / 2][2 * (n % 2) + 1];
                    if (k == 0) {
                        float2 of_items = *reinterpret_cast<const float2*>(&bias[stage][column + 8 * n + 2 * (lane & 3)]);
#pragma unroll
                        for (int m = 0; m < ROW_TILES; m++) {
                            float initial[4] = {of_items.x, of_items.y, of_items.x, of_items.y};
                            if (has_bias != 0) {
                                int row = (query_warp * ROW_TILES + m) * 16 + lane / 4;
#pragma unroll
                                for (int i = 0; i < 4; i++) {
                                    initial[i] *= scale_of_row[row + 8 * (i / 2)];
                                }
                            }
                            multiply_add(sum[m][n], a[m][k], b0, b1, initial);
                        }
                    } else {
#pragma unroll
                        for (int m = 0; m < ROW_TILES; m++) {
                            multiply_add(sum[m][n], a[m][k], b0, b1, sum[m][n]);
                        }
                    }
                }
            }

            int first_item = tile_item + column + 2 * (lane & 3);
            int first_row = query_warp * ROW_TILES * 16 + lane / 4;
            if (mode == EVERY_ESTIMATE) {
#pragma unroll
                for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
                    for (int half = 0; half < 2; half++) {
                        int query = first_query + first_row + 16 * m + 8 * half;
                        if (query < queries) {
                            Candidate* list = lists.of(query) + (position - first_position) * TILE_ITEMS + column + 2 * (lane & 3);
#pragma unroll
                            for (int n = 0; n < COLUMN_TILES; n++) {
                                int item = first_item + 8 * n;
                                *reinterpret_cast<uint4*>(list + 8 * n) = make_uint4(
                                    __float_as_uint(sum[m][n][2 * half]), item, __float_as_uint(sum[m][n][2 * half + 1]), item + 1);
                            }
                        }
                    }
                }
                continue;
            }
            if (mode == MAXIMA) {
                int place = (position - first_position) * (TILE_ITEMS / SET_ITEMS) + column / SET_ITEMS + (lane & 3);
#pragma unroll
                for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
                    for (int half = 0; half < 2; half++) {
                        int query = first_query + first_row + 16 * m + 8 * half;
                        float largest = -infinity();
#pragma unroll
                        for (int n = 0; n < COLUMN_TILES; n++) {
                            largest = fmaxf(largest, fmaxf(sum[m][n][2 * half], sum[m][n][2 * half + 1]));
                        }
                        if (query < queries) {
                            lists.of(query)[place] = Candidate{largest, 0};
                        }
                    }
                }
                continue;
            }
#pragma unroll
            for (int m = 0; m < ROW_TILES; m++) {
                bool found = false;
#pragma unroll
                for (int n = 0; n < COLUMN_TILES; n++) {
                    float* values = sum[m][n];
                    bool wanted[4];
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        wanted[i] = !(values[i] < limit[m][i / 2]); // NaN is a candidate.
                    }
                    bool any = wanted[0] || wanted[1] || wanted[2] || wanted[3];
                    if (!__any_sync(FULL_WARP, any)) {
                        continue;
                    }
                    found = true;
                    if (any) {
                        int count = (int)wanted[0] + (int)wanted[1] + (int)wanted[2] + (int)wanted[3];
                        int place = atomicAdd(queue.taken, count);
                        if (place + count <= QUEUE) {
#pragma unroll
                            for (int i = 0; i < 4; i++) {
                                if (wanted[i]) {
                                    queue.candidates[place] = Candidate{values[i], first_item + 8 * n + i % 2};
                                    queue.rows[place] = (unsigned char)(first_row + 16 * m + 8 * (i / 2));
                                    place++;
                                }
                            }
                        } else {
                            atomicMin(queue.filled, place);
                            for (int i = 0; i < 4; i++) {
                                int query = first_query + first_row + 16 * m + 8 * (i / 2);
                                int item = first_item + 8 * n + i % 2;
                                if (wanted[i] && query < queries && item < items) {
                                    offer(lists.of(query), lists.counts + query, lists.capacity, values[i], item);
                                }
                            }
                        }
                    }
                }
                if (found) {
                    __syncwarp();
                    if (*queue.taken >= ENOUGH) {
                        flush();
                    }
                    __syncwarp();
                }
            }
        }
        __syncthreads();
    }
    flush();
}

#define SCREEN_PARAMETERS                                                                                                             \
    const unsigned short *screen_queries, const unsigned short *screen_items, const float *screen_bias, const float *scales,          \
        int has_bias, Lists lists, int queries, int items, int first_position, int end_position, int positions_a_block,               \
        int tile_step, int tile_count, int query_groups, int mode
#define SCREEN_ARGUMENTS                                                                                                              \
    screen_queries, screen_items, screen_bias, scales, has_bias, lists, queries, items, first_position, end_position,                 \
        positions_a_block, tile_step, tile_count, query_groups, mode

extern "C" __global__ void __launch_bounds__(512, 1) topk_screen_32(SCREEN_PARAMETERS) { screen<32, 2, 4>(SCREEN_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(512, 1) topk_screen_64(SCREEN_PARAMETERS) { screen<64, 2, 4>(SCREEN_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(512, 1) topk_screen_128(SCREEN_PARAMETERS) { screen<128, 2, 2>(SCREEN_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(512, 1) topk_screen_256(SCREEN_PARAMETERS) { screen<256, 1, 4>(SCREEN_ARGUMENTS); }
