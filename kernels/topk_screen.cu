// Exact top-K, screening on tensor cores: estimates of the scores of 256 (or 128) queries x tiles of items, of which only those not below the
// query's limit leave the chip, as candidates. The queries' fragments stay in registers while the items stream through shared memory.
//
//   screen_queries (padded N, DEPTH), screen_items (padded M, DEPTH) in bfloat16, screen_bias (padded M): topk_prepare.cu
//   A block has one group of queries and tiles [its share of positions first_position .. end_position) of the visiting order.
//   dense != 0 in the first round, which has no limits yet: every estimate is written, at its position, and counts are not touched.
//
// Per warp: 16 ROW_TILES queries x 32 items at a time; eight warps are 4 (queries) x 2 (items). Rows of shared tiles are swizzled in words
// of 16 bytes, so that neither copies nor fragment loads meet bank conflicts.
#include "common/async_copy.cuh"
#include "common/cuda.cuh"
#include "common/ranking.cuh"
#include "common/tensor_core.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;
constexpr int QUERY_WARPS = 4;
constexpr int ITEM_WARPS = 2;
constexpr int COLUMN_TILES = 4;                       // of 8 items each, per warp and step
constexpr int STEP_ITEMS = 8 * COLUMN_TILES * ITEM_WARPS;
constexpr int STAGE_BYTES = 32768;
constexpr int STAGES = 2;
constexpr int QUEUE = 256;                            // candidates a warp gathers before it writes them

struct Queue {
    float* scores;
    int* items;
    int* rows;
};

// Moves the warp's candidates to the lists of their queries.
__device__ __noinline__ void flush(const Queue& queue, int count, const Lists& lists, int first_query, int queries, int items) {
    __syncwarp();
    for (int i = lane_index(); i < count; i += WARP) {
        int query = first_query + queue.rows[i];
        if (query < queries && queue.items[i] < items) {
            lists.offer(query, queue.scores[i], queue.items[i]);
        }
    }
    __syncwarp();
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

template <int DEPTH, int ROW_TILES>
__device__ __forceinline__ void screen(
    const unsigned short* screen_queries, const unsigned short* screen_items, const float* screen_bias, Lists lists, int queries, int items,
    int first_position, int end_position, int positions_a_block, int tile_step, int tile_count, int query_groups, int dense) {
    constexpr int TILE_ITEMS = STAGE_BYTES / 2 / DEPTH;
    constexpr int GROUP = 16 * ROW_TILES * QUERY_WARPS;
    constexpr int DEPTH_STEPS = DEPTH / 16;
    static_assert(GROUP * DEPTH * 2 <= STAGES * STAGE_BYTES, "queries are staged where items go later");
    DYNAMIC_SHARED(unsigned short, stages);
    __shared__ __align__(16) float bias[STAGES][STAGE_BYTES / 2 / 32];
    __shared__ float limit_of_row[GROUP];
    __shared__ float queue_scores[WARPS][QUEUE];
    __shared__ int queue_items[WARPS][QUEUE];
    __shared__ int queue_rows[WARPS][QUEUE];

    int lane = lane_index();
    int query_warp = warp_index() % QUERY_WARPS;
    int item_warp = warp_index() / QUERY_WARPS;
    int first_query = (int)(blockIdx.x % query_groups) * GROUP;
    int begin = first_position + (int)(blockIdx.x / query_groups) * positions_a_block;
    int end = min(end_position, begin + positions_a_block);
    if (begin >= end) {
        return;
    }
    Queue queue;
    queue.scores = queue_scores[warp_index()];
    queue.items = queue_items[warp_index()];
    queue.rows = queue_rows[warp_index()];
    int queued = 0;

    // The queries' fragments.
    copy_rows<DEPTH>(stages, screen_queries + (long long)first_query * DEPTH, GROUP);
    commit_async_copies();
    for (int row = threadIdx.x; row < GROUP; row += THREADS) {
        limit_of_row[row] = first_query + row < queries ? lists.limits[first_query + row] : infinity();
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
            load_matrices(a[m][k], stages + swizzled<DEPTH>(row + (lane & 15), 2 * k + (lane >> 4)));
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
        const unsigned short* tile = stages + stage * (STAGE_BYTES / 2);

#pragma unroll 1
        for (int step = 0; step < TILE_ITEMS / STEP_ITEMS; step++) {
            int column = step * STEP_ITEMS + item_warp * (8 * COLUMN_TILES);
            float sum[ROW_TILES][COLUMN_TILES][4];
#pragma unroll
            for (int k = 0; k < DEPTH_STEPS; k++) {
                unsigned b[COLUMN_TILES / 2][4];
#pragma unroll
                for (int pair = 0; pair < COLUMN_TILES / 2; pair++) {
                    int row = column + 16 * pair + (lane & 7) + ((lane >> 4) << 3);
                    load_matrices(b[pair], tile + swizzled<DEPTH>(row, 2 * k + ((lane >> 3) & 1)));
                }
#pragma unroll
                for (int n = 0; n < COLUMN_TILES; n++) {
                    unsigned b0 = b[n / 2][2 * (n % 2)];
                    unsigned b1 = b[n / 2][2 * (n % 2) + 1];
                    if (k == 0) {
                        float2 of_items = *reinterpret_cast<const float2*>(&bias[stage][column + 8 * n + 2 * (lane & 3)]);
                        float initial[4] = {of_items.x, of_items.y, of_items.x, of_items.y};
#pragma unroll
                        for (int m = 0; m < ROW_TILES; m++) {
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

            if (dense != 0) {
#pragma unroll
                for (int m = 0; m < ROW_TILES; m++) {
#pragma unroll
                    for (int n = 0; n < COLUMN_TILES; n++) {
#pragma unroll
                        for (int i = 0; i < 4; i++) {
                            int query = first_query + (query_warp * ROW_TILES + m) * 16 + lane / 4 + 8 * (i / 2);
                            int in_tile = column + 8 * n + 2 * (lane & 3) + i % 2;
                            if (query < queries) {
                                Candidate candidate;
                                candidate.score = sum[m][n][i];
                                candidate.item = tile_item + in_tile;
                                lists.of(query)[(position - first_position) * TILE_ITEMS + in_tile] = candidate;
                            }
                        }
                    }
                }
                continue;
            }
#pragma unroll
            for (int m = 0; m < ROW_TILES; m++) {
                bool any = false;
#pragma unroll
                for (int n = 0; n < COLUMN_TILES; n++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        any |= !(sum[m][n][i] < limit[m][i / 2]); // NaN is a candidate.
                    }
                }
                if (!__any_sync(FULL_WARP, any)) {
                    continue;
                }
#pragma unroll
                for (int n = 0; n < COLUMN_TILES; n++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        bool wanted = !(sum[m][n][i] < limit[m][i / 2]);
                        unsigned ballot = __ballot_sync(FULL_WARP, wanted);
                        if (ballot != 0) {
                            if (wanted) {
                                int place = queued + __popc(ballot & ((1u << lane) - 1));
                                queue.scores[place] = sum[m][n][i];
                                queue.items[place] = tile_item + column + 8 * n + 2 * (lane & 3) + i % 2;
                                queue.rows[place] = (query_warp * ROW_TILES + m) * 16 + lane / 4 + 8 * (i / 2);
                            }
                            queued += __popc(ballot);
                        }
                    }
                    if (queued > QUEUE - 4 * WARP) { // A column of tiles adds at most that many.
                        flush(queue, queued, lists, first_query, queries, items);
                        queued = 0;
                    }
                }
            }
        }
        __syncthreads();
    }
    flush(queue, queued, lists, first_query, queries, items);
}

#define SCREEN_PARAMETERS                                                                                                             \
    const unsigned short *screen_queries, const unsigned short *screen_items, const float *screen_bias, Lists lists, int queries,     \
        int items, int first_position, int end_position, int positions_a_block, int tile_step, int tile_count, int query_groups, int dense
#define SCREEN_ARGUMENTS                                                                                                              \
    screen_queries, screen_items, screen_bias, lists, queries, items, first_position, end_position, positions_a_block, tile_step,     \
        tile_count, query_groups, dense

extern "C" __global__ void __launch_bounds__(256, 1) topk_screen_32(SCREEN_PARAMETERS) { screen<32, 4>(SCREEN_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(256, 1) topk_screen_64(SCREEN_PARAMETERS) { screen<64, 4>(SCREEN_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(256, 1) topk_screen_128(SCREEN_PARAMETERS) { screen<128, 4>(SCREEN_ARGUMENTS); }
extern "C" __global__ void __launch_bounds__(256, 1) topk_screen_256(SCREEN_PARAMETERS) { screen<256, 2>(SCREEN_ARGUMENTS); }
