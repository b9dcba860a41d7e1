// Embedding gathers of the fields of entities, and their gradients.
//
//   y[i, columns of field f] = table_f[value of entity ids[i]], or the mean over its values; entity 0 is padding and gives zeros
//   gradient_f[value] += dy[i, columns of field f], divided by the number of values for a mean
//
// ids (N), y, dy (N, F*E). Single-valued fields hold entity -> row in `values`; the values of a multi-valued field are values[offsets[id]
// .. offsets[id + 1]), of which a first-only field takes the first (row 0 where there is none); the mean over none is 0.
// Forward assigns, backward accumulates, nothing is saved. Work does not depend on the number of rows of a table.
//
// The gradient has two ways. With atomic additions a block adds up small tables in shared memory, larger ones at once in device memory.
// Without, everybody adds in a fixed order: tables that fit into shared memory are summed up per chunk of ids and then over the chunks; the
// rows of larger ones are shared out to warps that each go through all ids.
#include "common/dependent.cuh"
#include "common/cuda.cuh"
#include "common/embedding.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 256;
constexpr int OWNER_THREADS = 512;

// A thread owns W neighbouring columns of a row of y.
template <int W>
__device__ __forceinline__ void gather(const IntegerArray& ids, const Fields& fields, int block, int rows_per_block, const Matrix& y) {
    int packs = y.columns / W;
    int first = block * rows_per_block;
    int rows = min(rows_per_block, ids.length - first);
    for (int element = threadIdx.x; element < rows * packs; element += THREADS) {
        int row = first + element / packs;
        int column = element % packs * W;
        int id = ids.data[row];
        Pack<W> sum = {};
        if (id != 0) {
            const Field& field = field_of_column(fields, column);
            Values values(field, id);
            for (int i = 0; i < values.count; i++) {
                Pack<W> value = load<W>(field.table + (long long)values.row(i) * field.table_stride + column - field.column);
                for (int c = 0; c < W; c++) {
                    sum[c] += value[c];
                }
            }
            for (int c = 0; c < W; c++) {
                sum[c] /= max(values.count, 1);
            }
        }
        store(y.row(row) + column, sum);
    }
}

extern "C" __global__ void __launch_bounds__(256) embedding_gather(IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int rows_per_block, Matrix y) {
    gather<1>(ids, fields, blockIdx.x, rows_per_block, y);
}

extern "C" __global__ void __launch_bounds__(256) embedding_gather_packs(IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int rows_per_block, Matrix y) {
    gather<4>(ids, fields, blockIdx.x, rows_per_block, y);
}

// found (rows_per_block, fields), behind it the small tables (copies, sums).
__device__ __forceinline__ void scatter(
    int2* found, const IntegerArray& ids, const Fields& fields, int block, int rows_per_block, int copies, const Matrix& dy) {
    float* tables = reinterpret_cast<float*>(found + rows_per_block * fields.count);
    const int first = block * rows_per_block;
    const int rows = min(rows_per_block, ids.length - first);
    for (int element = threadIdx.x; element < rows * fields.count; element += THREADS) {
        found[element] = find_rows(fields.field[element % fields.count], ids.data[first + element / fields.count]);
    }
    scatter_rows<THREADS>(fields, found, rows, dy.columns, tables, copies, [&](int row, int column) { return dy.row(first + row)[column]; });
}

extern "C" __global__ void __launch_bounds__(256) embedding_scatter_atomic(
    IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int rows_per_block, int copies, Matrix dy) {
    DYNAMIC_SHARED(int2, found);
    scatter(found, ids, fields, blockIdx.x, rows_per_block, copies, dy);
}

// Users and items side by side (EmbeddingPair.cs has the same layout): y is the output, or its gradient.
struct Entities {
    Fields fields;
    IntegerArray ids;
    Matrix y;
    int rows_per_block;
    int copies;
    int blocks;
};

struct EntityPair {
    Entities of[2];
};

extern "C" __global__ void __launch_bounds__(256) embedding_gather_pair(LARGE_ARGUMENT(EntityPair) pair) {
    const RunsBeside beside;
    const bool second = (int)blockIdx.x >= pair.of[0].blocks;
    const Entities& own = pair.of[second];
    gather<4>(own.ids, own.fields, blockIdx.x - (second ? pair.of[0].blocks : 0), own.rows_per_block, own.y);
}

extern "C" __global__ void __launch_bounds__(256) embedding_scatter_pair(LARGE_ARGUMENT(EntityPair) pair) {
    const RunsBeside beside;
    const bool second = (int)blockIdx.x >= pair.of[0].blocks;
    const Entities& own = pair.of[second];
    DYNAMIC_SHARED(int2, found);
    scatter(found, own.ids, own.fields, blockIdx.x - (second ? pair.of[0].blocks : 0), own.rows_per_block, own.copies, own.y);
}

// Calls add(row, factor, i) for every value of the ids [first, end) whose row falls to this warp, in an order that is always the same.
// A block reads as many ids as it has threads, then each warp looks through them.
template <int BLOCK, class Add> __device__ __forceinline__ void for_each_owned(
    const IntegerArray& ids, const Field& field, int first, int end, int owner, int owners, Add add) { // owners: a power of two
    __shared__ int rows[BLOCK];
    __shared__ float factors[BLOCK];
    for (int tile = first; tile < end; tile += BLOCK) {
        int i = tile + threadIdx.x;
        int id = i < end ? ids.data[i] : 0;
        Values values(field, id);
        int count = id == 0 ? 0 : values.count;
        int most = block_max<BLOCK>(count);
        factors[threadIdx.x] = 1.0f / max(count, 1);
        for (int value = 0; value < most; value++) {
            rows[threadIdx.x] = value < count ? values.row(value) : -1;
            __syncthreads();
            for (int group = 0; group < BLOCK; group += WARP) {
                int row = rows[group + lane_index()];
                for (unsigned mine = __ballot_sync(FULL_WARP, row >= 0 && (row & (owners - 1)) == owner); mine != 0; mine &= mine - 1) {
                    int source = group + __ffs(mine) - 1;
                    add(rows[source], factors[source], tile + source);
                }
            }
            __syncthreads();
        }
    }
}

// Sums over chunk_length ids of the gradients of tables that fit into shared memory: partials (chunks, all small tables one behind the
// other). A block owns a chunk of one field, field by field.
extern "C" __global__ void __launch_bounds__(256) embedding_scatter_small(
    IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int chunk_length, int chunks, int sums, Matrix dy, float* partials) {
    DYNAMIC_SHARED(float, table); // (rows, width)
    const Field& field = fields.field[blockIdx.x / chunks];
    int chunk = blockIdx.x % chunks;
    for (int element = threadIdx.x; element < field.rows * field.width; element += THREADS) {
        table[element] = 0;
    }
    int first = chunk * chunk_length;
    int end = min(first + chunk_length, ids.length);
    __syncthreads();
    for_each_owned<THREADS>(ids, field, first, end, warp_index(), THREADS / WARP, [&](int row, float factor, int i) {
        const float* gradient = dy.row(i) + field.column;
        for (int c = lane_index(); c < field.width; c += WARP) {
            table[row * field.width + c] += gradient[c] * factor;
        }
    });
    __syncthreads();
    float* target = partials + (long long)chunk * sums + field.offset;
    for (int element = threadIdx.x; element < field.rows * field.width; element += THREADS) {
        target[element] = table[element];
    }
}

// Adds up the chunks of embedding_scatter_small, in order.
extern "C" __global__ void __launch_bounds__(256) embedding_scatter_small_sum(LARGE_ARGUMENT(Fields) fields, int chunks, int sums, const float* partials) {
    int element = blockIdx.x * THREADS + threadIdx.x;
    if (element >= sums) {
        return;
    }
    int f = 0;
    while (element >= fields.field[f].offset + fields.field[f].rows * fields.field[f].width) {
        f++;
    }
    const Field& field = fields.field[f];
    float total = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
        total += partials[(long long)chunk * sums + element];
    }
    int row = (element - field.offset) / field.width;
    int column = (element - field.offset) % field.width;
    if (total != 0) {
        field.gradient[(long long)row * field.gradient_stride + column] += total;
    }
}

// The gradients of larger tables: rows are shared out to the warps of all blocks of a field.
extern "C" __global__ void __launch_bounds__(512) embedding_scatter_owned(IntegerArray ids, LARGE_ARGUMENT(Fields) fields, int blocks_per_field, Matrix dy) {
    const Field& field = fields.field[blockIdx.x / blocks_per_field];
    int owner = blockIdx.x % blocks_per_field * (OWNER_THREADS / WARP) + warp_index();
    int owners = blocks_per_field * (OWNER_THREADS / WARP);
    for_each_owned<OWNER_THREADS>(ids, field, 0, ids.length, owner, owners, [&](int row, float factor, int i) {
        const float* gradient = dy.row(i) + field.column;
        float* target = field.gradient + (long long)row * field.gradient_stride;
        for (int c = lane_index(); c < field.width; c += WARP) {
            target[c] += gradient[c] * factor;
        }
    });
}
