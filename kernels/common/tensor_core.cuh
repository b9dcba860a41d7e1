// Tensor-core products of fp16 with fp32 sums (mma.sync, sm_80 and newer). All functions are called by whole warps. The emulator exchanges
// the same fragments, so it checks the layouts too; below sm_80 a call traps, and launchers do not come here.
//
// Fragments of D = A B + C, with A (16, 16), B (16, 8), C and D (16, 8); lane = 4 g + t:
//   A: register 0: A[g][2t, 2t+1]   1: A[g+8][2t, 2t+1]   2: A[g][2t+8, 2t+9]   3: A[g+8][2t+8, 2t+9]
//   B: register 0: B[2t, 2t+1][g]   1: B[2t+8, 2t+9][g]
//   C: value 0, 1: C[g][2t, 2t+1]   2, 3: C[g+8][2t, 2t+1]
#ifndef AUTOTOWER_TENSOR_CORE_CUH
#define AUTOTOWER_TENSOR_CORE_CUH

#include "common/half.cuh"

#if defined(AUTOTOWER_EMULATOR)
#define TENSOR_CORE_CALL __device__ __noinline__ // long when emulated, and called often in unrolled loops
#else
#define TENSOR_CORE_CALL __device__ __forceinline__
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
#define AUTOTOWER_TENSOR_CORE 1
#endif
#endif

// An address in shared memory, counted in bytes.
#if defined(AUTOTOWER_EMULATOR)
typedef unsigned long long SharedAddress;
#else
typedef unsigned SharedAddress;
#endif

__device__ __forceinline__ SharedAddress shared_address(const void* shared) {
#if defined(AUTOTOWER_EMULATOR)
    return reinterpret_cast<SharedAddress>(shared);
#else
    SharedAddress address;
    asm("{ .reg .u64 a; cvta.to.shared.u64 a, %1; cvt.u32.u64 %0, a; }" : "=r"(address) : "l"(shared));
    return address;
#endif
}

// 16 bytes from shared memory and 8 to it. A function that is not inlined does not know where its pointers point, and access through such
// pointers is slower.
__device__ __forceinline__ uint4 load_shared_quad(SharedAddress address) {
#if defined(AUTOTOWER_EMULATOR)
    return *reinterpret_cast<const uint4*>(address);
#else
    uint4 value;
    asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w) : "r"(address) : "memory");
    return value;
#endif
}

__device__ __forceinline__ void store_shared_pair(SharedAddress address, float2 value) {
#if defined(AUTOTOWER_EMULATOR)
    *reinterpret_cast<float2*>(address) = value;
#else
    asm volatile("st.shared.v2.f32 [%0], {%1, %2};" : : "r"(address), "f"(value.x), "f"(value.y) : "memory");
#endif
}

// Four 8 x 8 matrices of 16-bit elements from shared memory: lane i gives the address of row i % 8 of matrix i / 8 (16 bytes, aligned);
// register m of lane 4 g + t gets elements 2t and 2t+1 of row g of matrix m.
TENSOR_CORE_CALL void load_matrices(unsigned (&registers)[4], SharedAddress row) {
#if defined(AUTOTOWER_TENSOR_CORE)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(row)
                 : "memory");
#elif defined(AUTOTOWER_EMULATOR)
    int group = lane_index() / 4;
    int pair = lane_index() % 4;
    for (int matrix = 0; matrix < 4; matrix++) {
        SharedAddress address = __shfl_sync(FULL_WARP, row, 8 * matrix + group);
        registers[matrix] = reinterpret_cast<const unsigned*>(address)[pair];
    }
#else
    asm volatile("trap;");
#endif
}

// The same matrices turned over: register m of lane 4 g + t gets elements g of rows 2t and 2t+1 of matrix m.
TENSOR_CORE_CALL void load_matrices_transposed(unsigned (&registers)[4], SharedAddress row) {
#if defined(AUTOTOWER_TENSOR_CORE)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(row)
                 : "memory");
#elif defined(AUTOTOWER_EMULATOR)
    int group = lane_index() / 4;
    int pair = lane_index() % 4;
    for (int matrix = 0; matrix < 4; matrix++) {
        SharedAddress first = __shfl_sync(FULL_WARP, row, 8 * matrix + 2 * pair);
        SharedAddress second = __shfl_sync(FULL_WARP, row, 8 * matrix + 2 * pair + 1);
        registers[matrix] = reinterpret_cast<const unsigned short*>(first)[group] | (unsigned)reinterpret_cast<const unsigned short*>(second)[group] << 16;
    }
#else
    asm volatile("trap;");
#endif
}

// d = a b + c.
TENSOR_CORE_CALL void multiply_add(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, const float (&c)[4]) {
#if defined(AUTOTOWER_TENSOR_CORE)
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
#elif defined(AUTOTOWER_EMULATOR)
    __shared__ float2 operands[16][WARP][6]; // No kernel that multiplies so has more warps.
    float2 (*warp)[6] = operands[warp_index()];
    const unsigned own[6] = {a[0], a[1], a[2], a[3], b0, b1};
    for (int i = 0; i < 6; i++) {
        warp[lane_index()][i] = from_halves(own[i]);
    }
    __syncwarp();
    const int group = lane_index() / 4;
    const int column = 2 * (lane_index() % 4);
    float sum[4] = {c[0], c[1], c[2], c[3]};
    for (int k = 0; k < 8; k++) { // pairs of k
        const float2* left = warp[group * 4 + k % 4] + k / 4 * 2;
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            const float2 x = left[i / 2];
            const float2 y = warp[(column + i % 2) * 4 + k % 4][4 + k / 4];
            sum[i] += x.x * y.x + x.y * y.y;
        }
    }
    __syncwarp();
    for (int i = 0; i < 4; i++) {
        d[i] = sum[i];
    }
#else
    asm volatile("trap;");
#endif
}

#endif
