// Exact top-K without screening, for the queries that screening does not answer: lists overflow where very many scores are equal or nearly
// so, or where no margin is finite. A block a query; every item is scored exactly, keys that beat the k-th best known gather in shared memory,
// and when it is nearly full it is sorted and cut to k. Keys are distinct, so there is always progress.
#include "common/cuda.cuh"
#include "common/dependent.cuh"
#include "common/ranking.cuh"

constexpr int THREADS = 256;
constexpr int ITEMS_A_THREAD = 4;
constexpr int ROOM = 4096; // at least the largest k and the items of one step
constexpr int LARGEST_WIDTH = 256;

__device__ __forceinline__ void cut(unsigned long long* keys, int& count, unsigned long long& worst, int k) {
    int filled = count;
    for (int i = filled + threadIdx.x; i < ROOM; i += THREADS) {
        keys[i] = NO_RESULT;
    }
    sort_keys(keys, ROOM);
    if (threadIdx.x == 0) {
        count = min(filled, k);
        worst = filled >= k ? keys[k - 1] : NO_RESULT;
    }
    __syncthreads();
}

// overflowed: number of queries, then their rows. indices (N, k) and scores (N, k), assigned for those.
extern "C" __global__ void __launch_bounds__(256) topk_exhaustive(
    const float* queries, int query_stride, Items items, Exclusions exclusions, int k, int* indices, float* scores, int score_stride,
    const int* overflowed) {
    wait_for_launch_before();
    __shared__ unsigned long long keys[ROOM];
    __shared__ __align__(16) float query[LARGEST_WIDTH];
    __shared__ int count;
    __shared__ unsigned long long worst;
    for (int task = blockIdx.x; task < overflowed[0]; task += gridDim.x) {
        int row = overflowed[1 + task];
        for (int column = threadIdx.x; column < items.columns; column += THREADS) {
            query[column] = queries[(long long)row * query_stride + column];
        }
        if (threadIdx.x == 0) {
            count = 0;
            worst = NO_RESULT;
        }
        __syncthreads();
        for (long long first = 0; first < items.rows; first += THREADS * ITEMS_A_THREAD) {
            for (int i = 0; i < ITEMS_A_THREAD; i++) {
                long long at = first + i * THREADS + threadIdx.x;
                int item = (int)at;
                if (at < items.rows && items.is_allowed(item)) {
                    unsigned long long key = ranked_key(exact_score(query, items, item), item);
                    if (key < worst && !exclusions.contains(row, item)) {
                        keys[atomicAdd(&count, 1)] = key;
                    }
                }
            }
            __syncthreads();
            bool full = count > ROOM - THREADS * ITEMS_A_THREAD;
            __syncthreads();
            if (full) {
                cut(keys, count, worst, k);
            }
        }
        cut(keys, count, worst, k);
        for (int i = threadIdx.x; i < k; i += THREADS) {
            write_result(keys[i], indices + (long long)row * k + i, scores + (long long)row * score_stride + i);
        }
        __syncthreads();
    }
}
