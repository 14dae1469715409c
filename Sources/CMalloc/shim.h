#include <stdlib.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

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

/* Lets nobody have an image of the process's memory: neither a core file nor a program that is handed one (core_pattern with a
   pipe, which no limit holds back), nor another process of the same user. Swift has no way to a function of variable arguments. */
static inline void whyops_forbid_dumps(void) {
#if defined(__linux__)
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
