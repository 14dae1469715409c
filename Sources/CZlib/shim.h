#include <zlib.h>

/* A macro there, with the size of the structure that it was compiled for; Swift sees no macros. */
static inline int whyops_inflate_init(z_streamp stream, int window) {
    return inflateInit2(stream, window);
}

/* The same for encoding: the usual level, the largest window with the header of gzip. */
static inline int whyops_deflate_init(z_streamp stream) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
