// What many tiles contribute to batch norm (common/towers.cuh) as the contributions of fewer, larger ones: for batches so large that every
// block of the next stage, each of which merges all tiles of its group, would read more of them than of anything else.
#include "common/towers.cuh"

constexpr int THREADS = 256;

struct Merge {
    const float2* tiles[2]; // (groups, tiles, 64) of each tower; null: the tower has nothing to do
    float2* merged[2];      // (groups, ceil(tiles / factor), 64)
    int batch;
    int groups;
    int rows;               // of a tile
    int factor;             // tiles that become one
    int statistics;         // 1: means and squares of deviations; 0: sums
};

// A thread an output; the first tile's mean is what deviations are counted from.
extern "C" __global__ void __launch_bounds__(256) towers_merge(Merge merge) {
    const int tiles = (merge.batch + merge.rows - 1) / merge.rows;
    const int merged = (tiles + merge.factor - 1) / merge.factor;
    const int index = blockIdx.x * THREADS + threadIdx.x;
    const int tower = blockIdx.y;
    if (merge.tiles[tower] == nullptr || index >= merge.groups * merged * WIDTH) {
        return;
    }
    const int column = index % WIDTH;
    const int group = index / WIDTH / merged;
    const int first = index / WIDTH % merged * merge.factor;
    const float2* own = merge.tiles[tower] + (long long)group * tiles * WIDTH + column;
    const float shift = merge.statistics != 0 ? own[first * WIDTH].x : 0;
    float2 sums = make_float2(0, 0);
    float count = 0;
    for (int tile = first; tile < min(first + merge.factor, tiles); tile++) {
        const float2 partial = own[tile * WIDTH];
        if (merge.statistics != 0) {
            const float rows = (float)min(merge.rows, merge.batch - tile * merge.rows);
            const float distance = partial.x - shift;
            count += rows;
            sums.x += rows * distance;
            sums.y += fmaf(rows * distance, distance, partial.y);
        } else {
            sums.x += partial.x;
            sums.y += partial.y;
        }
    }
    if (merge.statistics != 0) {
        const float offset = sums.x / count;
        sums = make_float2(shift + offset, fmaxf(sums.y - sums.x * offset, 0.0f));
    }
    merge.merged[tower][index] = sums;
}
