#include <zlib.h>

/* A macro there, with the size of the structure that it was compiled for; Swift sees no macros. */
static inline int whyops_inflate_init(z_streamp stream, int window) {
    return inflateInit2(stream, window);
}
