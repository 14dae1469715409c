/*
 * What Embedded Swift asks of a C library, for a WebAssembly module that has none: memory and random seeds.
 *
 * Memory comes in blocks of a power of two, at least 32 bytes, from lists of freed ones and else from the end of the
 * heap, which grows by pages and never shrinks. A block begins 16 bytes after its header, so it is aligned to 16.
 */
#include <stddef.h>
#include <stdint.h>

#define PAGE 65536u
#define HEADER 16u

extern unsigned char __heap_base;

typedef struct block {
    uint32_t class;
    struct block *next; /* while it is free */
} block;

static block *free_blocks[32];
static uintptr_t heap_end;

/* The seeds of hash tables come from outside: the module has no dice. */
__attribute__((import_module("whyops"), import_name("random"))) extern void whyops_random(void *bytes, size_t count);

void arc4random_buf(void *bytes, size_t count) { whyops_random(bytes, count); }

static void *allocate(size_t size) {
    if (size > 0x7fffffe0u) return NULL;
    uint32_t class = 5;
    while (((size_t)1 << class) < size + HEADER) class++;
    block *found = free_blocks[class];
    if (found) {
        free_blocks[class] = found->next;
        return (unsigned char *)found + HEADER;
    }
    if (heap_end == 0) heap_end = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    uintptr_t start = heap_end;
    uint64_t end = (uint64_t)start + ((uint64_t)1 << class);
    uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
    if (end > have) {
        uint64_t pages = (end - have + PAGE - 1) / PAGE;
        if (pages > 65536 || __builtin_wasm_memory_grow(0, (size_t)pages) == (size_t)-1) return NULL;
    }
    heap_end = (uintptr_t)end;
    found = (block *)start;
    found->class = class;
    return (unsigned char *)found + HEADER;
}

int posix_memalign(void **place, size_t alignment, size_t size) {
    if (alignment > 16) return 22; /* EINVAL: nothing in the core asks for more */
    *place = allocate(size);
    return *place ? 0 : 12; /* ENOMEM */
}

void free(void *place) {
    if (!place) return;
    block *freed = (block *)((unsigned char *)place - HEADER);
    freed->next = free_blocks[freed->class];
    free_blocks[freed->class] = freed;
}

/* For callers that put their texts into the module's memory. */
void *whyops_allocate(size_t size) { return allocate(size); }
void whyops_release(void *place) { free(place); }

void *memcpy(void *to, const void *from, size_t count) { return __builtin_memcpy(to, from, count); }
void *memmove(void *to, const void *from, size_t count) { return __builtin_memmove(to, from, count); }
void *memset(void *to, int value, size_t count) { return __builtin_memset(to, value, count); }

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *a = left, *b = right;
    for (size_t index = 0; index < count; index++) {
        if (a[index] != b[index]) return a[index] < b[index] ? -1 : 1;
    }
    return 0;
}

/* 128-bit products, which WebAssembly has no instruction for. */
typedef struct {
    uint64_t low;
    uint64_t high;
} product;

product __multi3(uint64_t left_low, uint64_t left_high, uint64_t right_low, uint64_t right_high) {
    uint64_t a = left_low & 0xffffffffu, b = left_low >> 32, c = right_low & 0xffffffffu, d = right_low >> 32;
    uint64_t low = a * c, middle = b * c + (low >> 32), carry = middle >> 32;
    middle = a * d + (middle & 0xffffffffu);
    product result;
    result.low = (middle << 32) | (low & 0xffffffffu);
    result.high = b * d + carry + (middle >> 32) + left_low * right_high + left_high * right_low;
    return result;
}
