// Exact top-K for few queries: the items pass by once at the speed of memory, every score is computed exactly in registers, and candidates are
// those not below the query's limit. It is the path for up to eight queries, and for all on GPUs below capability 8.0.
//
// A warp has a pipeline of its own: 32 rows x (up to) 256 bytes of items are copied to shared memory in words of 16 bytes while parts before
// are multiplied; then a lane is an item, as the order of a score's sum demands. Short rows leave room for more parts under way.
//
//   A tile is 32 items; warps take positions first_position .. end_position of the visiting order. Block (x, y): queries 8 y ... 8 y + 7.
//   dense != 0 in the first round, which has no limits yet: every score is written, at its position.
#include "common/async_copy.cuh"
#include "common/cuda.cuh"
#include "common/dependent.cuh"
#include "common/ranking.cuh"

constexpr int THREADS = 128;
constexpr int TILE_ITEMS = 32;
constexpr int PART_BYTES = 256;
constexpr int WARP_BYTES = 18432; // shared memory of a warp: two stages of the longest parts, or up to LARGEST_STAGES of shorter ones
constexpr int LARGEST_STAGES = 4;
constexpr int LARGEST_WIDTH = 256;
constexpr int NO_ITEM = 0x7fffffff;

// How the warp copies a part: `lanes` (a power of two) lanes a row, a word each.
struct PartCopy {
    Items items;
    int size;      // bytes of an element
    int row_bytes;
    int pitch;
    int lanes;
    bool words;    // whether rows may be read in words of 16 bytes

    __device__ __forceinline__ explicit PartCopy(const Items& items) : items(items), words(items.takes_words()) {
        size = items.is_bfloat16 != 0 ? 2 : 4;
        row_bytes = items.columns * size;
        int part = min(row_bytes, PART_BYTES);
        pitch = row_pitch(part);
        lanes = 1;
        while (16 * lanes < part) {
            lanes *= 2;
        }
    }

    // Elements behind a row's end become zeros where they are copied singly.
    __device__ __forceinline__ void start(unsigned char* stage, int tile, int part) const {
        int byte = part * PART_BYTES + lane_index() % lanes * 16;
        if (byte >= row_bytes) {
            return;
        }
        int row = lane_index() / lanes;
        int rows = (int)min((long long)TILE_ITEMS, items.rows - (long long)tile * TILE_ITEMS);
        long long step = (long long)(WARP / lanes) * items.stride * size;
        const unsigned char* from =
            reinterpret_cast<const unsigned char*>(items.vectors) + ((long long)tile * TILE_ITEMS + row) * items.stride * size + byte;
        unsigned char* to = stage + row * pitch + lane_index() % lanes * 16;
        for (; row < rows; row += WARP / lanes, from += step, to += WARP / lanes * pitch) {
            if (words) {
                copy_16_bytes_async(to, from);
            } else {
                copy_elements(to, from, byte);
            }
        }
    }

private:
    __device__ __forceinline__ void copy_elements(unsigned char* to, const unsigned char* from, int byte) const {
#pragma unroll 1
        for (int e = 0; e < 16 / size; e++) {
            bool inside = byte + size * e < row_bytes;
            if (size == 4) {
                reinterpret_cast<float*>(to)[e] = inside ? reinterpret_cast<const float*>(from)[e] : 0.0f;
            } else {
                reinterpret_cast<unsigned short*>(to)[e] = inside ? reinterpret_cast<const unsigned short*>(from)[e] : (unsigned short)0;
            }
        }
    }
};

template <int QUERIES>
__device__ __forceinline__ void stream(
    const float* queries, int query_stride, int query_count, const Items& items, const Lists& lists, int first_position, int end_position,
    int tile_step, int tile_count, int dense) {
    wait_for_launch_before();
    DYNAMIC_SHARED(unsigned char, memory);
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

    const PartCopy copy(items);
    int stages = min(WARP_BYTES / (TILE_ITEMS * copy.pitch), LARGEST_STAGES);
    int parts = (copy.row_bytes + PART_BYTES - 1) / PART_BYTES;
    int lane = lane_index();
    int warps = gridDim.x * (THREADS / WARP);
    int first = first_position + (int)blockIdx.x * (THREADS / WARP) + warp_index();
    unsigned char* own = memory + warp_index() * WARP_BYTES;
    int units = first < end_position ? ((end_position - 1 - first) / warps + 1) * parts : 0;
    int stride = tile_at(warps, tile_step, tile_count);
    int next_tile = tile_at(first, tile_step, tile_count);
    int tile = next_tile;
    int next_part = 0;
    int next_stage = 0;
    auto start_next = [&](int unit) {
        if (unit < units) {
            copy.start(own + next_stage * (TILE_ITEMS * copy.pitch), next_tile, next_part);
            next_stage = next_stage + 1 == stages ? 0 : next_stage + 1;
            if (++next_part == parts) {
                next_part = 0;
                next_tile = tile_after(next_tile, stride, tile_count);
            }
        }
        commit_async_copies();
    };
    for (int ahead = 0; ahead + 1 < stages; ahead++) {
        start_next(ahead);
    }
    int position = first;
    int part = 0;
    int stage = 0;
    for (int unit = 0; unit < units; unit++) {
        start_next(unit + stages - 1);
        if (stages == 2) {
            wait_async_copies<1>();
        } else if (stages == 3) {
            wait_async_copies<2>();
        } else {
            wait_async_copies<3>();
        }
        __syncwarp();
        const unsigned char* row = own + stage * (TILE_ITEMS * copy.pitch) + lane * copy.pitch;
        stage = stage + 1 == stages ? 0 : stage + 1;
        int part_words = min(PART_BYTES / 16, (copy.row_bytes - part * PART_BYTES + 15) / 16);
        if (copy.size == 4) {
            for (int word = 0; word < part_words; word++) {
                float4 y = *reinterpret_cast<const float4*>(row + 16 * word);
#pragma unroll
                for (int q = 0; q < QUERIES; q++) {
                    score[q] = add_floats(&x[q][part * (PART_BYTES / 4) + 4 * word], y, score[q]);
                }
            }
        } else {
            for (int word = 0; word < part_words; word++) {
                uint4 y = *reinterpret_cast<const uint4*>(row + 16 * word);
#pragma unroll
                for (int q = 0; q < QUERIES; q++) {
                    score[q] = add_bfloat16s(&x[q][part * (PART_BYTES / 2) + 8 * word], y, score[q]);
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
