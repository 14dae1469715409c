#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* Gives blocks of so many bytes and more back to the system as soon as they are free. Swift's module of glibc has no malloc.h;
   other C libraries do so by themselves. */
static inline void whyops_give_back_from(int bytes) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, bytes);
#else
    (void)bytes;
#endif
}
