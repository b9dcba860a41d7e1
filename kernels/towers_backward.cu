// Backward pass of both towers, last stage first; see common/towers.cuh. Assigns pre_gradient and first_gradient; accumulates input_gradient
// and the gradients of batch norm; weight gradients are left to weight_gradients.cu.
#include "common/tower_attention.cuh"
#include "common/tower_reduction.cuh"
#include "common/towers.cuh"

constexpr int ROWS = 16;
constexpr int GRADIENT_STRIDE = padded(WIDTH);

// The batch norm behind a stage, as its backward pass needs it.
struct NormMemory {
    float* mean; // (64) each
    float* inverse;
    float* scale;
    float* pre;  // (16, PRE_STRIDE)
};

// Shared memory of a launch; TowerMemory.cs adds up the same. A resident launch keeps states and their gradients here from stage to stage;
// otherwise they are read and accumulated where they lie in device memory.
template <bool RESIDENT> struct BackwardMemory {
    float* sums;
    float* inverse;  // (16): what undoes the scales of packed rows
    float* totals;   // (2, 64): sums over the batch
    float* gradient; // (16, GRADIENT_STRIDE): of pre, packed
    float* newest;   // (16, newest_stride): the complete gradient of states[:, s]
    float* states;   // (16, stride)
    float* state_gradients;
    float* norms;
    float* work;
    int stride;

    __device__ __forceinline__ BackwardMemory(float* memory, const Tower& tower, const Tile& tile) {
        sums = memory;
        inverse = sums + SUM_FLOATS<1>;
        totals = inverse + ROWS;
        norms = totals + 2 * WIDTH;
        gradient = norms + 2 * (3 * WIDTH + ROWS * PRE_STRIDE);
        newest = gradient + ROWS * GRADIENT_STRIDE;
        if (RESIDENT) {
            stride = padded(tower.blocks * WIDTH);
            states = newest;
            state_gradients = states + ROWS * stride;
            work = state_gradients + ROWS * stride;
        } else {
            stride = tower.blocks * WIDTH;
            states = tower.states + tile.first * stride;
            state_gradients = tower.state_gradients + tile.first * stride;
            work = newest + ROWS * GRADIENT_STRIDE;
        }
    }

    // Of the batch norm behind a stage; two take turns.
    __device__ __forceinline__ NormMemory norm(int stage) const {
        float* own = norms + stage % 2 * (3 * WIDTH + ROWS * PRE_STRIDE);
        return {own, own + WIDTH, own + 2 * WIDTH, own + 3 * WIDTH};
    }
};

// pre and batch norm behind a stage, to shared memory.
__device__ __forceinline__ void load_norm(const Block& block, const Tile& tile, const NormMemory& norm) {
    if (threadIdx.x < 2 * WIDTH) {
        norm.mean[threadIdx.x] = block.statistics[threadIdx.x];
    } else if (threadIdx.x < 3 * WIDTH) {
        norm.mean[threadIdx.x] = block.scale[threadIdx.x - 2 * WIDTH];
    }
    for_own_rows<1>([&](int row) { load_row(norm.pre + row * PRE_STRIDE, block.pre + (tile.first + row) * WIDTH, WIDTH, row < tile.valid); });
}

// totals (2, 64) in shared memory over the whole batch. The block is in step after.
__device__ __forceinline__ void merge_sums(const float2* partials, int tiles, float2* scratch, float* totals) {
    const float2 total = column_sums(scratch, tiles, [&](int other) { return partials[other * WIDTH + threadIdx.x % WIDTH]; });
    if (threadIdx.x < WIDTH) {
        totals[threadIdx.x] = total.x;
        totals[WIDTH + threadIdx.x] = total.y;
    }
    __syncthreads();
}

// A row's gradient of pre in the last stage, two columns a lane: back through L2 normalisation and ReLU.
__device__ __forceinline__ float2 through_length(const Tower& tower, const Tile& tile, int row) {
    float2 y = make_float2(0, 0);
    float2 dy = make_float2(0, 0);
    float norm = 1;
    if (row < tile.valid) {
        const long long place = (tile.first + row) * WIDTH + 2 * lane_index();
        y = *reinterpret_cast<const float2*>(tower.vectors + place);
        dy = *reinterpret_cast<const float2*>(tower.vector_gradients + place);
        norm = tower.norms[tile.first + row];
    }
    const float product = warp_sum(y.x * dy.x + y.y * dy.y);
    const float along = norm > SHORTEST ? product : 0;
    // y > 0 is the mask of ReLU too, since y is the ReLU's output over a positive norm.
    const float inverse = 1.0f / norm;
    return make_float2(y.x > 0 ? (dy.x - y.x * along) * inverse : 0, y.y > 0 ? (dy.y - y.y * along) * inverse : 0);
}

// The same in other stages: back through ReLU and batch norm.
template <class Memory>
__device__ __forceinline__ float2 through_norm(const Memory& memory, const Pass& pass, const Tile& tile, int stage, int row) {
    if (row >= tile.valid) {
        return make_float2(0, 0);
    }
    const NormMemory norm = memory.norm(stage);
    const int column = 2 * lane_index();
    const auto pair = [&](const float* vector) { return *reinterpret_cast<const float2*>(vector + column); };
    const float2 y = pair(memory.states + row * memory.stride + (stage + 1) * WIDTH);
    const float2 dy = pair(memory.state_gradients + row * memory.stride + (stage + 1) * WIDTH);
    const float2 pre = pair(norm.pre + row * PRE_STRIDE);
    const float2 mean = pair(norm.mean);
    const float2 inverse = pair(norm.inverse);
    const float2 scale = pair(norm.scale);
    const float2 sum = pair(memory.totals);
    const float2 product = pair(memory.totals + WIDTH);
    const float share = 1.0f / pass.batch;
    const auto back = [&](float y, float dy, float pre, float mean, float inverse, float scale, float sum, float product) {
        return scale * inverse * ((y > 0 ? dy : 0) - (sum + (pre - mean) * inverse * product) * share);
    };
    return make_float2(back(y.x, dy.x, pre.x, mean.x, inverse.x, scale.x, sum.x, product.x),
        back(y.y, dy.y, pre.y, mean.y, inverse.y, scale.y, sum.y, product.y));
}

// gradient (16, 64) of pre, packed in shared memory and as it is in device memory. Rows are left to their warps.
template <class Memory>
__device__ __forceinline__ void gradient_of_pre(const Tower& tower, const Pass& pass, const Tile& tile, const Memory& memory, int stage) {
    for_own_rows<1>([&](int row) {
        const float2 value = stage == tower.blocks - 1 ? through_length(tower, tile, row) : through_norm(memory, pass, tile, stage, row);
        float* own = memory.gradient + row * GRADIENT_STRIDE;
        *reinterpret_cast<float2*>(own + 2 * lane_index()) = value;
        if (row < tile.valid) {
            *reinterpret_cast<float2*>(tower.of[stage].pre_gradient + (tile.first + row) * WIDTH + 2 * lane_index()) = value;
        }
        pack_own_row(own, own, WIDTH, memory.inverse + row);
    });
}

// Shared memory of a self-attention block.
struct AttentionMemory {
    int projected;       // n 4 H 8
    int stride;          // of projections and their gradient
    int upstream_stride;
    float* projections;  // (16, stride)
    float* result;       // (16, stride)
    float* upstream;     // (16, upstream_stride)
    float* scratch;      // (16, 2 H n n)

    __device__ __forceinline__ AttentionMemory(float* work, int n, int heads) {
        projected = n * 4 * heads * HEAD;
        stride = padded(projected);
        upstream_stride = padded(n * heads * HEAD);
        projections = work;
        result = projections + ROWS * stride;
        upstream = result + ROWS * stride;
        scratch = upstream + ROWS * upstream_stride;
    }
};

// Takes the gradient of a stage's pre, packed, to that of the block's inputs: accumulate_input(row, column, two values) once for every pair of elements
// (16, n*64) of it, in the row's warp.
template <bool EXACT, class Memory, class Input>
__device__ __forceinline__ void block_backward(const Block& block, const Tile& tile, const Memory& memory, int n, Input accumulate_input) {
    const int q = HEAD * block.parameter; // of self-attention
    const int inner = block.kind == MLP ? block.parameter : block.kind == ELEMENTWISE ? WIDTH : n * q;
    const LayerWeight output(block.output_weight, inner, WIDTH);
    LayerSums sums = LayerSums::shared_by_warps<1>(memory.sums, block.kind == MLP ? memory.work : memory.sums, output);
    __syncthreads();
    multiply<1, EXACT>({memory.gradient, GRADIENT_STRIDE, 1, 0}, output, sums);
    __syncthreads();
    if (block.kind == ELEMENTWISE) {
        for_own_rows<1>([&](int row) {
            // Two columns a lane, so that the inputs' gradients go as they come.
            const float2 value = sums.pair(row, 2 * lane_index(), memory.inverse[row]);
            float of_first[MOST_INPUTS];
            float of_second[MOST_INPUTS];
            if (row < tile.valid) {
                const Inputs inputs(memory.states + row * memory.stride + 2 * lane_index(), n);
                spread_reduction_gradient(block.parameter, inputs.first, n, value.x, of_first);
                spread_reduction_gradient(block.parameter, inputs.second, n, value.y, of_second);
                #pragma unroll
                for (int j = 0; j < MOST_INPUTS; j++) {
                    if (j < n) {
                        accumulate_input(row, j * WIDTH + 2 * lane_index(), make_float2(of_first[j], of_second[j]));
                    }
                }
            }
        });
        return;
    }
    LayerInput input;
    if (block.kind == MLP) {
        const int stride = padded(inner);
        for_own_rows<1>([&](int row) {
            const float scale = memory.inverse[row];
            pack_values<MOST_HIDDEN / (4 * WARP)>(memory.work + row * stride, inner, memory.inverse + row, [&](int column) {
                const float4 value = sums.quad(row, column, scale);
                if (row < tile.valid) {
                    store_quad(block.first_gradient + (tile.first + row) * inner + column, value);
                }
                return value;
            });
        });
        input = {memory.work, stride, 1, 0};
    } else {
        const AttentionMemory own(memory.work, n, block.parameter);
        for_own_rows<1>([&](int row) {
            float* upstream = own.upstream + row * own.upstream_stride;
            float* result = own.result + row * own.stride;
            float* weights = own.scratch + row * 2 * block.parameter * n * n;
            for_own_quads(inner, [&](int column) { store_quad(upstream + column, sums.quad(row, column, memory.inverse[row])); });
            __syncwarp();
            attend_row_backward({own.projections + row * own.stride, block.parameter}, n, upstream, weights, weights + block.parameter * n * n, result);
            pack_values<MOST_PROJECTED / (4 * WARP)>(result, own.projected, memory.inverse + row, [&](int column) {
                const float4 value = load_quad(result + column);
                if (row < tile.valid) {
                    store_quad(block.first_gradient + (tile.first + row) * own.projected + column, value);
                }
                return value;
            });
        });
        input = {own.result, own.stride, n, 4 * q};
    }
    __syncthreads();
    const LayerWeight first(block.first_weight, block.kind == MLP ? n * WIDTH : WIDTH, block.kind == MLP ? inner : 4 * q);
    if (block.kind == MLP) {
        sums = LayerSums::shared_by_warps<1>(memory.sums, memory.sums, first);
    } else {
        sums = {memory.sums, padded(n * WIDTH), 1, 0};
    }
    multiply<1, EXACT>(input, first, sums);
    __syncthreads();
    for_own_rows<1>([&](int row) {
        const float scale = memory.inverse[row];
        for (int column = 2 * lane_index(); column < n * WIDTH; column += WIDTH) {
            accumulate_input(row, column, sums.pair(row, column, scale));
        }
    });
}

// What the tile contributes to the sums over the batch that batch norm of the stage before needs: of the gradient behind ReLU, and of its
// product with the normalised value. A thread a column.
template <class Memory>
__device__ __forceinline__ void tile_sums(
    float2* partials, const Tile& tile, const Memory& memory, int stage, const float* newest, int newest_stride) {
    const int column = threadIdx.x;
    if (column >= WIDTH) {
        return;
    }
    const NormMemory norm = memory.norm(stage - 1);
    const float mean = norm.mean[column];
    const float inverse = norm.inverse[column];
    float2 sums = make_float2(0, 0);
    #pragma unroll
    for (int row = 0; row < ROWS; row++) {
        // Rows past the batch read the last one, so that no load waits for a branch.
        const int own = min(row, tile.valid - 1);
        const float state = memory.states[own * memory.stride + stage * WIDTH + column];
        const float of_state = newest[own * newest_stride + column];
        const float deviation = norm.pre[own * PRE_STRIDE + column] - mean;
        const float gradient = row < tile.valid && state > 0 ? of_state : 0;
        sums.x += gradient;
        sums.y += gradient * deviation * inverse;
    }
    partials[(long long)tile.index * WIDTH + column] = sums;
}

// input_gradient += gradient of states[:, 0] through the alignment, and the regulariser's.
template <bool EXACT, class Memory>
__device__ __forceinline__ void align_gradient(const Tower& tower, const Tile& tile, const Memory& memory, const float* newest, int newest_stride) {
    for_own_rows<1>([&](int row) {
        float* own = memory.gradient + row * GRADIENT_STRIDE;
        const int column = 2 * lane_index();
        float2 value = make_float2(0, 0);
        if (row < tile.valid) {
            value = *reinterpret_cast<const float2*>(newest + row * newest_stride + column);
            *reinterpret_cast<float2*>(tower.state_gradients + (tile.first + row) * tower.blocks * WIDTH + column) = value;
        }
        *reinterpret_cast<float2*>(own + column) = value;
        pack_own_row(own, own, WIDTH, memory.inverse + row);
    });
    __syncthreads();
    const LayerWeight weight(tower.alignment_weight, tower.input_width, WIDTH);
    const LayerSums sums = LayerSums::shared_by_warps<1>(memory.sums, memory.work, weight);
    multiply<1, EXACT>({memory.gradient, GRADIENT_STRIDE, 1, 0}, weight, sums);
    __syncthreads();
    const float norm = tower.penalty_columns > 0 ? *tower.penalty_norm : 0;
    const float penalty = norm > 0 ? tower.penalty / norm : 0;
    for_own_rows<1>([&](int row) {
        if (row >= tile.valid) {
            return;
        }
        const long long place = (tile.first + row) * tower.input_stride;
        for_own_quads(tower.input_width, [&](int column) {
            const float4 value = sums.quad(row, column, memory.inverse[row]);
            const float4 input = load_quad(tower.input + place + column);
            float4 gradient = load_quad(tower.input_gradient + place + column);
            const auto regularised = [&](int offset, float value, float input) {
                return column + offset < tower.penalty_columns ? value + penalty * input : value;
            };
            gradient.x += regularised(0, value.x, input.x);
            gradient.y += regularised(1, value.y, input.y);
            gradient.z += regularised(2, value.z, input.z);
            gradient.w += regularised(3, value.w, input.w);
            store_quad(tower.input_gradient + place + column, gradient);
        });
    });
}

template <bool EXACT, bool RESIDENT> __device__ __forceinline__ void backward(const Tower& tower, const Pass& pass) {
    wait_for_launch_before();
    if (tower.begin >= tower.end) {
        return;
    }
    DYNAMIC_SHARED(float, shared);
    const Tile tile = own_tile<ROWS>(pass);
    const BackwardMemory<RESIDENT> memory(shared, tower, tile);
    GridBarrier barrier = {tower.barrier, (unsigned)tile.of_group, 0};
    if (RESIDENT) {
        for_own_rows<1>([&](int row) {
            const int width = tower.blocks * WIDTH;
            load_row(memory.states + row * memory.stride, tower.states + (tile.first + row) * width, width, row < tile.valid);
        });
    } else if (tower.end < tower.blocks) {
        load_norm(tower.of[tower.end - 1], tile, memory.norm(tower.end - 1));
    }
    #pragma unroll 1
    for (int stage = tower.end - 1; stage >= tower.begin; stage--) {
        const bool is_first = stage == tower.end - 1;
        const bool is_last = stage == tower.blocks - 1;
        const Block& block = tower.of[stage];
        const int n = stage + 1;
        // What does not depend on other blocks of threads, before waiting for them.
        if (stage > 0) {
            load_norm(tower.of[stage - 1], tile, memory.norm(stage - 1));
        }
        if (block.kind == SELF_ATTENTION) {
            const AttentionMemory own(memory.work, n, block.parameter);
            for_own_rows<1>([&](int row) {
                load_row(own.projections + row * own.stride, block.first + (tile.first + row) * own.projected, own.projected, row < tile.valid);
            });
        }
        if (!is_last) {
            if (RESIDENT && !is_first) {
                barrier.wait();
            }
            const int tile_rows = is_first ? pass.merged_rows : ROWS;
            merge_sums(is_first ? tower.merged : tower.partials[(stage + 1) % 2], (pass.batch + tile_rows - 1) / tile_rows,
                reinterpret_cast<float2*>(memory.sums), memory.totals);
        }
        gradient_of_pre(tower, pass, tile, memory, stage);
        float* newest = RESIDENT ? memory.state_gradients + stage * WIDTH : memory.newest;
        const int newest_stride = RESIDENT ? memory.stride : GRADIENT_STRIDE;
        block_backward<EXACT>(block, tile, memory, n, [&](int row, int column, float2 value) {
            if (row >= tile.valid) {
                return;
            }
            float2* place = reinterpret_cast<float2*>(memory.state_gradients + row * memory.stride + column);
            if (!is_last) {
                const float2 others = *place;
                value.x += others.x;
                value.y += others.y;
            }
            *place = value;
            if (!RESIDENT && column >= stage * WIDTH) {
                *reinterpret_cast<float2*>(newest + row * newest_stride + column - stage * WIDTH) = value;
            }
        });
        __syncthreads();
        if (stage > 0) {
            tile_sums(tower.partials[stage % 2], tile, memory, stage, newest, newest_stride);
            if (RESIDENT) {
                barrier.arrive();
            }
        }
        // From here on nobody waits for this block of threads. The gradients of gamma and beta are the sums.
        if (!is_last && tile.index == 0 && threadIdx.x < WIDTH) {
            block.shift_gradient[threadIdx.x] += memory.totals[threadIdx.x];
            block.scale_gradient[threadIdx.x] += memory.totals[WIDTH + threadIdx.x];
        }
        if (stage == 0) {
            align_gradient<EXACT>(tower, tile, memory, newest, newest_stride);
        }
    }
    if (RESIDENT) {
        barrier.leave(tower.done);
    }
}

#define KERNEL(name, EXACT, RESIDENT)                                                                      \
    extern "C" __global__ void __launch_bounds__(512) name(LARGE_ARGUMENT(Towers) towers) {                \
        backward<EXACT, RESIDENT>(towers.of[blockIdx.y], towers.pass);                                     \
    }
KERNEL(towers_backward_16, true, false)
KERNEL(towers_backward_16_tf32, false, false)
KERNEL(towers_backward_resident, true, true)
KERNEL(towers_backward_resident_tf32, false, true)
