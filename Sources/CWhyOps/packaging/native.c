/* What Embedded Swift asks of a C library and not every C library has. */
#include <stddef.h>

#if defined(__linux__)
#include <sys/random.h>

/* Seeds of hash tables. glibc before 2.36 and musl have no arc4random_buf. */
__attribute__((visibility("hidden"))) void arc4random_buf(void *bytes, size_t count) {
    unsigned char *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0) continue; /* interrupted */
        next += got;
        count -= (size_t)got;
    }
}
#endif
