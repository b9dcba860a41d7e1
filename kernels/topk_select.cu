// Exact top-K, selection among candidates: after each round, topk_select_* raises the queries' limits and drops the candidates below them;
// in the end, topk_finish scores what is left exactly, sorts and writes.
//
// Let t be the k-th largest estimate seen and m the query's margin. At least k items have scores of t - m or more, so whatever is among the
// best k has a score of at least t - m and an estimate of at least t - 2m: that is the limit. Any smaller t is a valid choice too, so the
// search for t stops as soon as it leaves few more than k above. Candidates without an estimate (NaN, +infinity) are kept and never counted.
#include "common/cuda.cuh"
#include "common/ranking.cuh"
#include "common/reduce.cuh"

constexpr int ENTRIES = 32; // candidates a thread holds in registers
constexpr int FINISH_THREADS = 128;
constexpr int LARGEST_WIDTH = 256;

template <int WARPS, class Combine, class T> __device__ __forceinline__ T group_reduce(T value) {
    if constexpr (WARPS == 1) {
        return warp_reduce<Combine>(value);
    } else {
        return block_reduce<Combine, WARPS * WARP>(value);
    }
}

template <int WARPS> __device__ __forceinline__ int count_from(const unsigned (&bits)[ENTRIES], unsigned least) {
    int count = 0;
#pragma unroll
    for (int e = 0; e < ENTRIES; e++) {
        count += bits[e] >= least;
    }
    return group_reduce<WARPS, Sum>(count);
}

// One group of WARPS warps a query; lists of up to 1024 WARPS candidates. dense: number of candidates of every list after the first round, 0
// where lists.counts says it. Estimates of minus infinity mean "not allowed" where there are margins, and are scores where there are none.
template <int WARPS> __device__ __forceinline__ void select(const Lists& lists, const Exclusions& exclusions, int query, int items, int k, int dense) {
    constexpr int GROUP = WARPS * WARP;
    __shared__ int kept_by_block;
    int thread = WARPS == 1 ? lane_index() : threadIdx.x;
    int offered = dense > 0 ? dense : lists.counts[query];
    bool unbounded = lists.margins != nullptr && !(lists.margins[query] < infinity()); // its estimates mean nothing
    if (offered > lists.capacity || unbounded) {
        if (thread == 0) {
            lists.counts[query] = OVERFLOWED;
            lists.limits[query] = infinity();
        }
        return;
    }

    Candidate* list = lists.of(query);
    const unsigned positive_infinity = 0xff800000u;
    unsigned bits[ENTRIES]; // 0 where not to be counted
    Candidate held[ENTRIES];
    unsigned largest = 0;
    unsigned least = 0xffffffffu;
#pragma unroll
    for (int e = 0; e < ENTRIES; e++) {
        int at = e * GROUP + thread;
        bits[e] = 0;
        held[e].item = -1;
        held[e].score = 0.0f;
        if (at < offered) {
            Candidate candidate = list[at];
            bool banned = candidate.item >= items || (lists.margins != nullptr && candidate.score == -infinity()) ||
                exclusions.contains(query, candidate.item);
            if (!banned) {
                held[e] = candidate;
                unsigned ascending = ascending_bits(candidate.score);
                bits[e] = ascending < positive_infinity ? ascending : 0;
                largest = max(largest, bits[e]);
                least = bits[e] == 0 ? least : min(least, bits[e]);
            }
        }
    }
    float limit = -infinity();
    int counted = count_from<WARPS>(bits, 1);
    if (counted >= k) {
        // At least k from `low` on, fewer from `high` on.
        unsigned low = ~group_reduce<WARPS, Maximum>(~least);
        unsigned high = group_reduce<WARPS, Maximum>(largest) + 1;
        int enough = k + k / 8;
        while (counted > enough && high - low > 1) {
            unsigned middle = low + (high - low) / 2;
            int above = count_from<WARPS>(bits, middle);
            if (above >= k) {
                low = middle;
                counted = above;
            } else {
                high = middle;
            }
        }
        float reached = from_ascending_bits(low);
        limit = lists.margins == nullptr ? reached : reached - (2.0f * lists.margins[query] + 2.4e-7f * fabsf(reached));
        limit = isnan(limit) ? -infinity() : limit;
    }

    // Compaction in place: all candidates are in registers.
    int kept = 0;
    if constexpr (WARPS > 1) {
        if (thread == 0) {
            kept_by_block = 0;
        }
        __syncthreads();
    }
#pragma unroll
    for (int e = 0; e < ENTRIES; e++) {
        bool keep = held[e].item >= 0 && (bits[e] == 0 || !(held[e].score < limit));
        unsigned ballot = __ballot_sync(FULL_WARP, keep);
        int base = kept;
        if constexpr (WARPS > 1) {
            if (lane_index() == 0 && ballot != 0) {
                base = atomicAdd(&kept_by_block, __popc(ballot));
            }
            base = __shfl_sync(FULL_WARP, base, 0);
        }
        if (keep) {
            list[base + __popc(ballot & ((1u << lane_index()) - 1))] = held[e];
        }
        kept += __popc(ballot);
    }
    if constexpr (WARPS > 1) {
        __syncthreads();
        kept = kept_by_block;
    }
    if (thread == 0) {
        lists.counts[query] = kept;
        lists.limits[query] = limit;
    }
}

// Four queries a block.
extern "C" __global__ void __launch_bounds__(128) topk_select_1024(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense) {
    int query = blockIdx.x * 4 + warp_index();
    if (query < queries) {
        select<1>(lists, exclusions, query, items, k, dense);
    }
}

extern "C" __global__ void __launch_bounds__(64) topk_select_2048(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense) {
    select<2>(lists, exclusions, blockIdx.x, items, k, dense);
}

extern "C" __global__ void __launch_bounds__(128) topk_select_4096(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense) {
    select<4>(lists, exclusions, blockIdx.x, items, k, dense);
}

extern "C" __global__ void __launch_bounds__(256) topk_select_8192(Lists lists, Exclusions exclusions, int queries, int items, int k, int dense) {
    select<8>(lists, exclusions, blockIdx.x, items, k, dense);
}

// A block a query. indices (N, k) and scores (N, k), assigned, except of queries whose list overflowed: those are appended to overflowed,
// which starts with their number (0 before). Dynamic shared memory: as many keys as the lists' capacity.
extern "C" __global__ void __launch_bounds__(128) topk_finish(
    const float* queries, int query_stride, Items items, Lists lists, int k, int* indices, float* scores, int score_stride, int* overflowed) {
    DYNAMIC_SHARED(unsigned long long, keys);
    __shared__ __align__(16) float query[LARGEST_WIDTH];
    int row = blockIdx.x;
    int count = lists.counts[row];
    if (count > lists.capacity) {
        if (threadIdx.x == 0) {
            overflowed[1 + atomicAdd(overflowed, 1)] = row;
        }
        return;
    }
    for (int column = threadIdx.x; column < items.columns; column += FINISH_THREADS) {
        query[column] = queries[(long long)row * query_stride + column];
    }
    __syncthreads();
    int size = power_of_two_from(count);
    for (int i = threadIdx.x; i < size; i += FINISH_THREADS) {
        int item = i < count ? lists.of(row)[i].item : -1;
        keys[i] = item < 0 ? NO_RESULT : ranked_key(exact_score(query, items, item), item);
    }
    sort_keys(keys, size);
    for (int i = threadIdx.x; i < k; i += FINISH_THREADS) {
        write_result(i < size ? keys[i] : NO_RESULT, indices + (long long)row * k + i, scores + (long long)row * score_stride + i);
    }
}
