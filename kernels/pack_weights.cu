// Weights of linear layers as the tensor cores take them (common/packed_row.cuh), once a step instead of once in every block of threads that
// multiplies by them: fp16 pairs of four values of k in 16 bytes, once for y = x wᵀ, where k runs over inputs, and once for dx = dy w, where it
// runs over outputs.
#include "common/dependent.cuh"
#include "common/packed_row.cuh"

constexpr int WARPS = 8;
constexpr int PATCH_ROWS = 8;     // What one warp turns over: 8 outputs by 16 inputs.
constexpr int PATCH_COLUMNS = 16;
constexpr int MOST_LAYERS = 32;

struct Weights {
    const float* weight; // (out, in); out a multiple of 8, in of 4
    uint4* forward;      // by packed_place; in filled up with zeros to a multiple of 16 and out of 32
    uint4* backward;     // likewise, out of 16 and in of 32
    int out;
    int in;
    int first_block;     // of the grid
};

struct Layers {
    Weights of[MOST_LAYERS];
    int count;
};

__device__ __forceinline__ uint4 scaled_pairs(float a, float b, float c, float d) {
    return to_pairs<true>(a * WEIGHT_SCALE, b * WEIGHT_SCALE, c * WEIGHT_SCALE, d * WEIGHT_SCALE);
}

extern "C" __global__ void __launch_bounds__(256) pack_weights(LARGE_ARGUMENT(Layers) layers) {
    const RunsBeside beside;
    __shared__ float patches[WARPS][PATCH_ROWS * PATCH_COLUMNS];
    int index = 0;
    while (index + 1 < layers.count && (int)blockIdx.x >= layers.of[index + 1].first_block) {
        index++;
    }
    const Weights& layer = layers.of[index];
    const int padded_out = (layer.out + 31) & ~31;
    const int padded_in = (layer.in + 31) & ~31;
    const int across = padded_in / PATCH_COLUMNS;
    const int patch = ((int)blockIdx.x - layer.first_block) * WARPS + warp_index();
    if (patch >= padded_out / PATCH_ROWS * across) {
        return;
    }
    const int first_row = patch / across * PATCH_ROWS;
    const int first_column = patch % across * PATCH_COLUMNS;
    const int row = first_row + lane_index() / 4;
    const int column = first_column + lane_index() % 4 * 4;
    float* values = patches[warp_index()];
    float4 own = make_float4(0, 0, 0, 0);
    if (row < layer.out && column < layer.in) {
        own = *reinterpret_cast<const float4*>(layer.weight + (long long)row * layer.in + column);
    }
    *reinterpret_cast<float4*>(values + lane_index() * 4) = own;
    if (column < ((layer.in + 15) & ~15)) {
        layer.forward[packed_place(column / 4, row, padded_out)] = scaled_pairs(own.x, own.y, own.z, own.w);
    }
    __syncwarp();
    const int upper = lane_index() / PATCH_COLUMNS * 4;
    const int own_column = lane_index() % PATCH_COLUMNS;
    if (first_row + upper < ((layer.out + 15) & ~15)) {
        const float* turned = values + upper * PATCH_COLUMNS + own_column;
        layer.backward[packed_place((first_row + upper) / 4, first_column + own_column, padded_in)] =
            scaled_pairs(turned[0], turned[PATCH_COLUMNS], turned[2 * PATCH_COLUMNS], turned[3 * PATCH_COLUMNS]);
    }
}
