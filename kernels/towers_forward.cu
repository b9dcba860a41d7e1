// Forward pass of both towers; see common/towers.cuh. Assigns states, first, second, pre, statistics, vectors and norms.
#include "common/tower_attention.cuh"
#include "common/tower_reduction.cuh"
#include "common/towers.cuh"

// Shared memory of a launch; TowerMemory.cs adds up the same. Only a resident launch needs the states of one stage in the next; otherwise
// packed rows take their place.
template <int MT, bool RESIDENT> struct ForwardMemory {
    static constexpr int ROWS = 16 * MT;
    float* sums;
    float* inverse;    // (ROWS): what undoes the scales of packed rows
    float* statistics; // (2, 64): mean, inverse standard deviation
    float* vectors;    // (3, 64): gamma and beta of the batch norm before the stage, bias of the block's last layer
    float* pre;        // (ROWS, PRE_STRIDE)
    float* x;          // (ROWS, 64 end): states
    float* packed;     // (ROWS, 64 end)
    float* rest;
    int stride;        // of x and packed

    __device__ __forceinline__ ForwardMemory(float* memory, int end) {
        stride = padded(end * WIDTH);
        sums = memory;
        inverse = sums + SUM_FLOATS<MT>;
        statistics = inverse + ROWS;
        vectors = statistics + 2 * WIDTH;
        pre = vectors + 3 * WIDTH;
        x = pre + ROWS * PRE_STRIDE;
        packed = RESIDENT ? x + ROWS * stride : x;
        rest = packed + ROWS * stride;
    }
};

// Sum of squares of the first columns of a tile's rows; rows past the batch are zero.
template <int MT> __device__ __forceinline__ float tile_squares(const float* rows, int stride, int columns) {
    float sum = 0;
    for_own_rows<MT>([&](int row) {
        for (int column = lane_index(); column < columns; column += WARP) {
            const float value = rows[row * stride + column];
            sum += value * value;
        }
    });
    return block_sum<TILE_THREADS>(sum);
}

// The regulariser, in one block of threads: loss += penalty |embeddings|.
__device__ __forceinline__ void add_penalty(const Tower& tower, int tiles) {
    double sum = 0;
    for (int tile = threadIdx.x; tile < tiles; tile += TILE_THREADS) {
        sum += tower.penalty_partials[tile];
    }
    sum = block_sum<TILE_THREADS>(sum);
    if (threadIdx.x == 0) {
        const float norm = (float)sqrt(sum);
        *tower.penalty_norm = norm;
        atomicAdd(tower.loss, tower.penalty * norm); // User and item tower add one term each to zero, so their order is no matter.
    }
}

// Running statistics of a block after all groups, by the block of threads that ends this last of one a group.
__device__ __forceinline__ void update_running_statistics(const Tower& tower, const Block& block, const Pass& pass) {
    if ((pass.groups > 1 && !is_last_block(tower.counter, pass.groups)) || threadIdx.x >= WIDTH) {
        return;
    }
    const int column = threadIdx.x;
    float* mean = block.running + column;
    float* variance = mean + block.running_variance;
    float running_mean = *mean;
    float running_variance = *variance;
    const float correction = pass.batch > 1 ? (float)pass.batch / (pass.batch - 1) : 1.0f;
    for (int group = 0; group < pass.groups; group++) {
        const float* other = block.statistics + group * 2 * WIDTH;
        const float weight = pass.cumulative ? 1.0f / (pass.first_group + group + 1) : pass.momentum;
        const float inverse = other[WIDTH + column];
        const float of_group = (1.0f / (inverse * inverse) - EPSILON) * correction;
        running_mean = (1 - weight) * running_mean + weight * other[column];
        running_variance = (1 - weight) * running_variance + weight * fmaxf(of_group, 0.0f);
    }
    *mean = running_mean;
    *variance = running_variance;
}

// The group's first block of threads leaves the statistics for the backward pass and for inference.
__device__ __forceinline__ void publish_statistics(
    const Tower& tower, const Block& block, const Pass& pass, const Tile& tile, const float* statistics) {
    if (tile.index % tile.of_group != 0) {
        return;
    }
    if (threadIdx.x < 2 * WIDTH) {
        block.statistics[tile.group * 2 * WIDTH + threadIdx.x] = statistics[threadIdx.x];
    }
    __syncthreads();
    update_running_statistics(tower, block, pass);
}

// statistics (2, 64) in shared memory over the tile's group, from partials (tiles of `tile_rows` rows, 64). Deviations are counted from the
// first tile's mean, which is as good as the mean itself against cancellation. The block is in step after.
__device__ __forceinline__ void merge_statistics(
    const float2* partials, int tile_rows, const Pass& pass, const Tile& tile, float2* scratch, float* statistics) {
    const int column = threadIdx.x % WIDTH;
    const int tiles = (pass.batch + tile_rows - 1) / tile_rows;
    partials += (long long)tile.group * tiles * WIDTH + column;
    const float shift = partials->x;
    const float whole = (float)tile_rows;
    const float rest = (float)(pass.batch - (tiles - 1) * tile_rows);
    const float2 sums = column_sums(scratch, tiles, [&](int other) {
        const float2 partial = partials[other * WIDTH];
        const float rows = other < tiles - 1 ? whole : rest;
        const float distance = partial.x - shift;
        return make_float2(rows * distance, fmaf(rows * distance, distance, partial.y));
    });
    if (threadIdx.x < WIDTH) {
        const float offset = sums.x / pass.batch;
        const float variance = fmaxf(sums.y / pass.batch - offset * offset, 0.0f);
        statistics[column] = shift + offset;
        statistics[WIDTH + column] = 1.0f / sqrtf(variance + EPSILON);
    }
    __syncthreads();
}

// states[row, s]: what batch norm and ReLU make of the row's `pre`, two columns a lane; zero in rows past the batch.
template <class Memory>
__device__ __forceinline__ void normalise_row(const Tower& tower, const Tile& tile, const Memory& memory, int stage, int row) {
    const int column = 2 * lane_index();
    float2 value = make_float2(0, 0);
    if (row < tile.valid) {
        const auto pair = [&](const float* vector) { return *reinterpret_cast<const float2*>(vector + column); };
        const float2 pre = pair(memory.pre + row * PRE_STRIDE);
        const float2 mean = pair(memory.statistics);
        const float2 inverse = pair(memory.statistics + WIDTH);
        const float2 scale = pair(memory.vectors);
        const float2 shift = pair(memory.vectors + WIDTH);
        value.x = fmaxf((pre.x - mean.x) * inverse.x * scale.x + shift.x, 0.0f);
        value.y = fmaxf((pre.y - mean.y) * inverse.y * scale.y + shift.y, 0.0f);
        *reinterpret_cast<float2*>(tower.states + ((tile.first + row) * tower.blocks + stage) * WIDTH + column) = value;
    }
    *reinterpret_cast<float2*>(memory.x + row * memory.stride + stage * WIDTH + column) = value;
    __syncwarp();
}

// states[:, 0]: the aligned input. Rows are left to their warps.
template <int MT, bool EXACT, class Memory>
__device__ __forceinline__ void align_input(const Tower& tower, const Tile& tile, const Memory& memory) {
    float* input = memory.rest;
    const int stride = padded(tower.input_width);
    for_own_rows<MT>([&](int row) {
        load_row(input + row * stride, tower.input + (tile.first + row) * tower.input_stride, tower.input_width, row < tile.valid);
    });
    if (tower.penalty_columns > 0) {
        __syncwarp();
        const float squares = tile_squares<MT>(input, stride, tower.penalty_columns);
        if (threadIdx.x == 0) {
            tower.penalty_partials[tile.index] = squares;
        }
    }
    for_own_rows<MT>([&](int row) { pack_own_row(input + row * stride, input + row * stride, tower.input_width, memory.inverse + row); });
    const float2 bias = *reinterpret_cast<const float2*>(tower.alignment_bias + 2 * lane_index());
    __syncthreads();
    const LayerWeight weight(tower.alignment_weight, WIDTH, tower.input_width);
    const LayerSums sums = LayerSums::shared_by_warps<MT>(memory.sums, memory.sums, weight);
    multiply<MT, EXACT>({input, stride, 1, 0}, weight, sums);
    __syncthreads();
    for_own_rows<MT>([&](int row) {
        const int column = 2 * lane_index();
        float2 value = sums.pair(row, column, memory.inverse[row]);
        value.x += bias.x;
        value.y += bias.y;
        *reinterpret_cast<float2*>(memory.x + row * memory.stride + column) = value;
        if (row < tile.valid) {
            *reinterpret_cast<float2*>(tower.states + (tile.first + row) * tower.blocks * WIDTH + column) = value;
        }
    });
    __syncwarp();
}

// A row of projections, from its sums: with the bias, whose columns every token repeats, where it is and, where a backward pass follows, in
// device memory.
__device__ __forceinline__ void finish_projections(float* row, int width, float scale, const float* bias, int bias_width, float* saved) {
    int of_bias = 4 * lane_index(); // column modulo bias_width
    for_own_quads(width, [&](int column) {
        while (of_bias >= bias_width) {
            of_bias -= bias_width;
        }
        const float4 value = load_quad(row + column) * scale + load_quad(bias + of_bias);
        of_bias += 4 * WARP;
        store_quad(row + column, value);
        if (saved != nullptr) {
            store_quad(saved + column, value);
        }
    });
    __syncwarp();
}

// Prepares the input of the block's last layer and returns it with its width. The block of threads is in step after.
template <int MT, bool EXACT, class Memory>
__device__ __forceinline__ LayerInput before_last_layer(
    const Block& block, const Tile& tile, const Memory& memory, int n, const float* first_bias, float* work, int* width) {
    constexpr int ROWS = 16 * MT;
    const auto saved = [&](float* memory, int row, int width) {
        return memory != nullptr && row < tile.valid ? memory + (tile.first + row) * width : nullptr;
    };
    if (block.kind == ELEMENTWISE) {
        const int stride = padded(WIDTH);
        for_own_rows<MT>([&](int row) {
            float* reduced = work + row * stride;
            reduce_row(block, memory.x + row * memory.stride, n, reduced, saved(block.first, row, WIDTH));
            pack_own_row(reduced, reduced, WIDTH, memory.inverse + row);
        });
        __syncthreads();
        *width = WIDTH;
        return {work, stride, 1, 0};
    }
    for_own_rows<MT>([&](int row) {
        pack_own_row(memory.x + row * memory.stride, memory.packed + row * memory.stride, n * WIDTH, memory.inverse + row);
    });
    __syncthreads();
    if (block.kind == MLP) {
        const int hidden = block.parameter;
        const int stride = padded(hidden);
        const LayerWeight weight(block.first_weight, hidden, n * WIDTH);
        const LayerSums sums = LayerSums::shared_by_warps<MT>(memory.sums, work, weight);
        multiply<MT, EXACT>({memory.packed, memory.stride, 1, 0}, weight, sums);
        __syncthreads();
        for_own_rows<MT>([&](int row) {
            const float scale = memory.inverse[row];
            float* kept = saved(block.first, row, hidden);
            pack_values<MOST_HIDDEN / (4 * WARP)>(work + row * stride, hidden, memory.inverse + row, [&](int column) {
                const float4 value = sums.quad(row, column, scale) + load_quad(first_bias + column);
                if (kept != nullptr) {
                    store_quad(kept + column, value);
                }
                return value;
            });
        });
        __syncthreads();
        *width = hidden;
        return {work, stride, 1, 0};
    }
    const int heads = block.parameter;
    const int q = heads * HEAD;
    const int projected_stride = padded(4 * n * q);
    const int stride = padded(n * q);
    float* attended = work + ROWS * projected_stride;
    multiply<MT, EXACT>({memory.packed, memory.stride, n, WIDTH}, LayerWeight(block.first_weight, 4 * q, WIDTH), {work, projected_stride, 1, 0});
    __syncthreads();
    for_own_rows<MT>([&](int row) {
        float* projections = work + row * projected_stride;
        finish_projections(projections, 4 * n * q, memory.inverse[row], first_bias, 4 * q, saved(block.first, row, 4 * n * q));
        attend_row({projections, heads}, n, attended + row * stride, saved(block.second, row, n * q));
        pack_own_row(attended + row * stride, attended + row * stride, n * q, memory.inverse + row);
    });
    __syncthreads();
    *width = n * q;
    return {attended, stride, 1, 0};
}

// What the tile contributes to the statistics of this stage: mean and sum of squared deviations. A thread a column.
template <int ROWS> __device__ __forceinline__ void tile_statistics(float2* partials, const Tile& tile, const float* pre) {
    const int column = threadIdx.x;
    if (column >= WIDTH) {
        return;
    }
    float values[ROWS];
    float sum = 0;
    #pragma unroll
    for (int row = 0; row < ROWS; row++) {
        values[row] = row < tile.valid ? pre[row * PRE_STRIDE + column] : 0;
        sum += values[row];
    }
    const float mean = sum / tile.valid;
    float squares = 0;
    #pragma unroll
    for (int row = 0; row < ROWS; row++) {
        const float distance = row < tile.valid ? values[row] - mean : 0;
        squares = fmaf(distance, distance, squares);
    }
    partials[(long long)tile.index * WIDTH + column] = make_float2(mean, squares);
}

// vector = relu(pre) / max(length, 1e-12), from two columns a lane.
__device__ __forceinline__ void normalise_length(const Tower& tower, const Tile& tile, int row, float2 pre) {
    const float2 y = make_float2(fmaxf(pre.x, 0.0f), fmaxf(pre.y, 0.0f));
    const float norm = fmaxf(sqrtf(warp_sum(y.x * y.x + y.y * y.y)), SHORTEST);
    if (row < tile.valid) {
        const float inverse = 1.0f / norm;
        *reinterpret_cast<float2*>(tower.vectors + (tile.first + row) * WIDTH + 2 * lane_index()) = make_float2(y.x * inverse, y.y * inverse);
        if (tower.norms != nullptr && lane_index() == 0) {
            tower.norms[tile.first + row] = norm;
        }
    }
}

// Biases and batch norm vectors of a stage, into shared memory while the block waits for others anyway. Returns the stage's own memory behind
// the bias of its first layer.
template <class Memory>
__device__ __forceinline__ float* load_vectors(const Tower& tower, const Memory& memory, int stage) {
    const Block& block = tower.of[stage];
    const int first = block.kind == MLP ? block.parameter : block.kind == SELF_ATTENTION ? 4 * HEAD * block.parameter : 0;
    for (int i = threadIdx.x; i < first; i += TILE_THREADS) {
        memory.rest[i] = block.first_bias[i];
    }
    const int column = threadIdx.x % WIDTH;
    if (threadIdx.x < WIDTH) {
        memory.vectors[2 * WIDTH + column] = block.output_bias[column];
    } else if (threadIdx.x < 2 * WIDTH && stage > 0) {
        memory.vectors[column] = tower.of[stage - 1].scale[column];
    } else if (threadIdx.x < 3 * WIDTH && stage > 0) {
        memory.vectors[WIDTH + column] = tower.of[stage - 1].shift[column];
    }
    return memory.rest + padded(first);
}

template <int MT, bool EXACT, bool RESIDENT> __device__ __forceinline__ void forward(const Tower& tower, const Pass& pass) {
    constexpr int ROWS = 16 * MT;
    wait_for_launch_before();
    if (tower.begin >= tower.end) {
        return;
    }
    DYNAMIC_SHARED(float, shared);
    const ForwardMemory<MT, RESIDENT> memory(shared, tower.end);
    const Tile tile = own_tile<ROWS>(pass);
    const bool of_batch = pass.inference == 0;
    GridBarrier barrier = {tower.barrier, (unsigned)tile.of_group, 0};
    if (tower.begin == 0) {
        align_input<MT, EXACT>(tower, tile, memory);
        __syncthreads();
    } else {
        // What stages before made.
        for_own_rows<MT>([&](int row) {
            const long long place = tile.first + row;
            load_row(memory.x + row * memory.stride, tower.states + place * tower.blocks * WIDTH, tower.begin * WIDTH, row < tile.valid);
            load_row(memory.pre + row * PRE_STRIDE, tower.of[tower.begin - 1].pre + place * WIDTH, WIDTH, row < tile.valid);
        });
    }
    #pragma unroll 1
    for (int stage = tower.begin; stage < tower.end; stage++) {
        const bool is_first = stage == tower.begin;
        const bool is_last = stage == tower.blocks - 1;
        const Block& block = tower.of[stage];
        float* work = load_vectors(tower, memory, stage);
        if (stage > 0 && of_batch) {
            if (RESIDENT && !is_first) {
                barrier.wait();
            }
            merge_statistics(is_first ? tower.merged : tower.partials[(stage + 1) % 2], is_first ? pass.merged_rows : ROWS, pass, tile,
                reinterpret_cast<float2*>(memory.sums), memory.statistics);
        } else {
            if (stage > 0 && threadIdx.x < WIDTH) {
                const float* running = tower.of[stage - 1].running + threadIdx.x;
                memory.statistics[threadIdx.x] = running[0];
                memory.statistics[WIDTH + threadIdx.x] = 1.0f / sqrtf(running[tower.of[stage - 1].running_variance] + EPSILON);
            }
            __syncthreads();
        }
        if (stage > 0) {
            for_own_rows<MT>([&](int row) { normalise_row(tower, tile, memory, stage, row); });
        }
        int width;
        const LayerInput input = before_last_layer<MT, EXACT>(block, tile, memory, stage + 1, memory.rest, work, &width);
        const LayerWeight weight(block.output_weight, WIDTH, width);
        const LayerSums sums = LayerSums::shared_by_warps<MT>(memory.sums, memory.sums, weight);
        multiply<MT, EXACT>(input, weight, sums);
        __syncthreads();
        for_own_rows<MT>([&](int row) {
            const int column = 2 * lane_index();
            float2 value = sums.pair(row, column, memory.inverse[row]);
            value.x += memory.vectors[2 * WIDTH + column];
            value.y += memory.vectors[2 * WIDTH + column + 1];
            if (is_last) {
                normalise_length(tower, tile, row, value);
                return;
            }
            *reinterpret_cast<float2*>(memory.pre + row * PRE_STRIDE + column) = value;
            if (row < tile.valid) {
                *reinterpret_cast<float2*>(block.pre + (tile.first + row) * WIDTH + column) = value;
            }
        });
        __syncthreads();
        if (!is_last && of_batch) {
            tile_statistics<ROWS>(tower.partials[stage % 2], tile, memory.pre);
            if (RESIDENT) {
                barrier.arrive();
            }
        }
        // From here on nobody waits for this block of threads.
        if (stage > 0 && of_batch) {
            publish_statistics(tower, tower.of[stage - 1], pass, tile, memory.statistics);
        }
        if (stage == 1 && tower.penalty_columns > 0 && tile.index == 0) {
            const int rows = is_first ? pass.previous_rows : ROWS;
            add_penalty(tower, (pass.batch + rows - 1) / rows);
        }
    }
    if (RESIDENT) {
        barrier.leave();
    }
}

#define KERNEL(name, MT, EXACT, RESIDENT)                                                                  \
    extern "C" __global__ void __launch_bounds__(512) name(LARGE_ARGUMENT(Towers) towers) {                \
        forward<MT, EXACT, RESIDENT>(towers.of[blockIdx.y], towers.pass);                                  \
    }
KERNEL(towers_forward_16, 1, true, false)
KERNEL(towers_forward_16_tf32, 1, false, false)
KERNEL(towers_forward_32, 2, true, false)
KERNEL(towers_forward_32_tf32, 2, false, false)
KERNEL(towers_forward_resident, 1, true, true)
KERNEL(towers_forward_resident_tf32, 1, false, true)
