// Exact top-K for few queries: the items pass by once at the speed of memory, every score is computed exactly in registers, and candidates are
// those not below the query's limit. It is the path for up to eight queries, and for all on GPUs without bfloat16 tensor cores.
//
// A warp has a pipeline of its own: 32 rows x 256 bytes of items are copied to shared memory in words of 16 bytes while the previous part is
// multiplied; then a lane is an item, as the order of a score's sum demands. Rows are padded by 16 bytes against bank conflicts.
//
//   A tile is 32 items; warps take positions first_position .. end_position of the visiting order. Block (x, y): queries 8 y ... 8 y + 7.
//   dense != 0 in the first round, which has no limits yet: every score is written, at its position.
#include "common/async_copy.cuh"
#include "common/cuda.cuh"
#include "common/ranking.cuh"

constexpr int THREADS = 128;
constexpr int TILE_ITEMS = 32;
constexpr int PART_BYTES = 256;
constexpr int ROW_BYTES = PART_BYTES + 16;
constexpr int STAGES = 2;
constexpr int LARGEST_WIDTH = 256;
constexpr int NO_ITEM = 0x7fffffff;

// Copies one part of a tile's rows to shared memory; elements behind a row's end become zeros where elements are copied singly.
__device__ __forceinline__ void start_part(unsigned char* stage, const Items& items, int tile, int part, bool words) {
    int size = items.is_bfloat16 != 0 ? 2 : 4;
    int row_bytes = items.columns * size;
    for (int i = lane_index(); i < TILE_ITEMS * (PART_BYTES / 16); i += WARP) {
        int row = i / (PART_BYTES / 16);
        int word = i % (PART_BYTES / 16);
        long long item = (long long)tile * TILE_ITEMS + row;
        int byte = part * PART_BYTES + word * 16;
        if (item >= items.rows || byte >= row_bytes) {
            continue;
        }
        unsigned char* to = stage + row * ROW_BYTES + word * 16;
        const unsigned char* from = reinterpret_cast<const unsigned char*>(items.vectors) + item * items.stride * size + byte;
        if (words) {
            copy_16_bytes_async(to, from);
        } else if (size == 4) {
            for (int e = 0; e < 4; e++) {
                reinterpret_cast<float*>(to)[e] = byte + 4 * e < row_bytes ? reinterpret_cast<const float*>(from)[e] : 0.0f;
            }
        } else {
            for (int e = 0; e < 8; e++) {
                reinterpret_cast<unsigned short*>(to)[e] =
                    (unsigned short)(byte + 2 * e < row_bytes ? reinterpret_cast<const unsigned short*>(from)[e] : 0);
            }
        }
    }
}

template <int QUERIES>
__device__ __forceinline__ void stream(
    const float* queries, int query_stride, int query_count, const Items& items, const Lists& lists, int first_position, int end_position,
    int tile_step, int tile_count, int dense) {
    DYNAMIC_SHARED(unsigned char, stages);
    __shared__ __align__(16) float x[QUERIES][LARGEST_WIDTH];
    int first_query = blockIdx.y * QUERIES;
    for (int i = threadIdx.x; i < QUERIES * LARGEST_WIDTH; i += THREADS) {
        int query = first_query + i / LARGEST_WIDTH;
        int column = i % LARGEST_WIDTH;
        x[i / LARGEST_WIDTH][column] =
            query < query_count && column < items.columns ? queries[(long long)query * query_stride + column] : 0.0f;
    }
    __syncthreads();
    float limit[QUERIES];
    float score[QUERIES];
#pragma unroll
    for (int q = 0; q < QUERIES; q++) {
        limit[q] = first_query + q < query_count ? lists.limits[first_query + q] : infinity();
        score[q] = 0.0f;
    }

    bool words = items.takes_words();
    int size = items.is_bfloat16 != 0 ? 2 : 4;
    int row_bytes = items.columns * size;
    int parts = (row_bytes + PART_BYTES - 1) / PART_BYTES;
    int lane = lane_index();
    int warps = gridDim.x * (THREADS / WARP);
    int first = first_position + (int)blockIdx.x * (THREADS / WARP) + warp_index();
    unsigned char* own = stages + warp_index() * (STAGES * TILE_ITEMS * ROW_BYTES);
    int units = first < end_position ? ((end_position - 1 - first) / warps + 1) * parts : 0;
    int stride = tile_at(warps, tile_step, tile_count);
    int next_tile = tile_at(first, tile_step, tile_count);
    int tile = next_tile;
    int next_part = 0;
    auto start_next = [&](int unit) {
        if (unit < units) {
            start_part(own + unit % STAGES * (TILE_ITEMS * ROW_BYTES), items, next_tile, next_part, words);
            if (++next_part == parts) {
                next_part = 0;
                next_tile = tile_after(next_tile, stride, tile_count);
            }
        }
        commit_async_copies();
    };
    start_next(0);
    int position = first;
    int part = 0;
    for (int unit = 0; unit < units; unit++) {
        start_next(unit + 1);
        wait_async_copies<1>();
        __syncwarp();
        const unsigned char* row = own + unit % STAGES * (TILE_ITEMS * ROW_BYTES) + lane * ROW_BYTES;
        int part_words = min(PART_BYTES / 16, (row_bytes - part * PART_BYTES + 15) / 16);
        if (size == 4) {
            for (int word = 0; word < part_words; word++) {
                float4 y = *reinterpret_cast<const float4*>(row + 16 * word);
#pragma unroll
                for (int q = 0; q < QUERIES; q++) {
                    float4 of_query = *reinterpret_cast<const float4*>(&x[q][part * (PART_BYTES / 4) + 4 * word]);
                    score[q] = add_products(of_query, y, score[q]);
                }
            }
        } else {
            for (int word = 0; word < part_words; word++) {
                uint4 pairs = *reinterpret_cast<const uint4*>(row + 16 * word);
                unsigned y[4] = {pairs.x, pairs.y, pairs.z, pairs.w};
#pragma unroll
                for (int q = 0; q < QUERIES; q++) {
                    const float* of_query = &x[q][part * (PART_BYTES / 2) + 8 * word];
#pragma unroll
                    for (int e = 0; e < 4; e++) {
                        score[q] = fmaf(of_query[2 * e], from_bfloat16(y[e] & 0xffffu), score[q]);
                        score[q] = fmaf(of_query[2 * e + 1], from_bfloat16(y[e] >> 16), score[q]);
                    }
                }
            }
        }
        __syncwarp();
        if (++part < parts) {
            continue;
        }
        part = 0;
        long long at = (long long)tile * TILE_ITEMS + lane;
        tile = tile_after(tile, stride, tile_count);
        int item = at < items.rows && items.is_allowed((int)at) ? (int)at : NO_ITEM;
        float bias = item != NO_ITEM && items.bias != nullptr ? items.bias[item] : 0.0f;
#pragma unroll
        for (int q = 0; q < QUERIES; q++) {
            float biased = items.bias == nullptr ? score[q] : score[q] + bias;
            score[q] = 0.0f;
            int query = first_query + q;
            if (query >= query_count) {
                continue;
            }
            if (dense != 0) {
                Candidate candidate;
                candidate.score = biased;
                candidate.item = item;
                lists.of(query)[(position - first_position) * TILE_ITEMS + lane] = candidate;
            } else if (item != NO_ITEM && !(biased < limit[q])) {
                lists.offer(query, biased, item);
            }
        }
        position += warps;
    }
}

extern "C" __global__ void __launch_bounds__(128) topk_stream_1(
    const float* queries, int query_stride, int query_count, Items items, Lists lists, int first_position, int end_position, int tile_step,
    int tile_count, int dense) {
    stream<1>(queries, query_stride, query_count, items, lists, first_position, end_position, tile_step, tile_count, dense);
}

extern "C" __global__ void __launch_bounds__(128) topk_stream_8(
    const float* queries, int query_stride, int query_count, Items items, Lists lists, int first_position, int end_position, int tile_step,
    int tile_count, int dense) {
    stream<8>(queries, query_stride, query_count, items, lists, first_position, end_position, tile_step, tile_count, dense);
}
