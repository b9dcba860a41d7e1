// Half rows that one warp reads tile by tile, copied to its own part of shared memory while it computes; no barrier of the block is needed.
#ifndef AUTOTOWER_HALF_ROW_STREAM_CUH
#define AUTOTOWER_HALF_ROW_STREAM_CUH

#include "common/async_copy.cuh"
#include "common/half_rows.cuh"

// Half rows, 16 at a time, on their way from device memory to one warp's stages in shared memory.
template <bool EXACT> struct HalfRowStream {
    unsigned char* stages;
    const unsigned char* source;
    int rows;
    int count; // of stages, 1 to 3
    int next;  // the stage that is used next

    __device__ __forceinline__ unsigned char* stage() const { return stages + next * HALF_TILE_BYTES; }

    // Rows past the end become zeros. Every call ends a group of copies, so that `current` can count.
    __device__ __forceinline__ void fetch(int tile, int stage) {
        constexpr int PIECES = HALF_ROW_BYTES / 16 / (EXACT ? 1 : 2); // of a row
        if (tile * HALF_TILE_ROWS < rows) {
            unsigned char* target = stages + stage * HALF_TILE_BYTES;
            #pragma unroll
            for (int i = 0; i < HALF_TILE_ROWS * PIECES / WARP; i++) {
                const int index = lane_index() + i * WARP;
                const int row = index / PIECES;
                unsigned char* place = target + row * HALF_ROW_STRIDE + index % PIECES * 16;
                if (tile * HALF_TILE_ROWS + row < rows) {
                    copy_16_bytes_async(place, source + (long long)(tile * HALF_TILE_ROWS + row) * HALF_ROW_BYTES + index % PIECES * 16);
                } else {
                    *reinterpret_cast<uint4*>(place) = make_uint4(0, 0, 0, 0);
                }
            }
        }
        commit_async_copies();
    }

    // Waits for the stage that is used next.
    __device__ __forceinline__ SharedAddress current() const {
        if (count == 1) {
            wait_async_copies<0>();
        } else if (count == 2) {
            wait_async_copies<1>();
        } else {
            wait_async_copies<2>();
        }
        __syncwarp();
        return shared_address(stage());
    }

    // Gives the stage that was used to a later tile.
    __device__ __forceinline__ void advance(int tile) {
        __syncwarp();
        fetch(tile, next);
        next = next + 1 == count ? 0 : next + 1;
    }
};

#endif
