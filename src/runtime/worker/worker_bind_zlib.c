/*
 * zlib's and brotli's codecs as handles that take and give bytes in pieces.
 * js/node/zlib.js and js/streams/compression.js make of them what tasks use.
 *
 * Memory: a handle takes up to 300 KB (zlib) or some MB (brotli), which the
 * collector does not see, so the library frees a handle when its stream ends.
 * The output goes into arrays of the caller's, and the caller limits it: a
 * small input can unpack to a thousand times its size.
 */
#include "base/check.h"
#include "base/memory.h"
#include "runtime/worker/worker_bind.h"
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>

/* Node's numbers of the kinds (zlib.constants). */
enum kind {
    KIND_DEFLATE = 1,
    KIND_INFLATE,
    KIND_GZIP,
    KIND_GUNZIP,
    KIND_DEFLATE_RAW,
    KIND_INFLATE_RAW,
    KIND_UNZIP,
    KIND_BROTLI_DECODE,
    KIND_BROTLI_ENCODE,
};

/* The first byte of gzip's format (RFC 1952, 2.3.1). */
#define GZIP_FIRST 0x1f

struct codec {
    enum kind kind;
    z_stream zlib;
    BrotliEncoderState *encoder;
    BrotliDecoderState *decoder;
    /* The preset dictionary, owned. */
    struct buffer dictionary;
    /* Of the input; 0 before there is any. */
    uint8_t first;
    /* The last error's text, static. */
    const char *message;
};

static bool is_deflate(const struct codec *codec)
{
    return codec->kind == KIND_DEFLATE || codec->kind == KIND_GZIP ||
           codec->kind == KIND_DEFLATE_RAW;
}

static bool is_inflate(const struct codec *codec)
{
    return codec->kind == KIND_INFLATE || codec->kind == KIND_GUNZIP ||
           codec->kind == KIND_INFLATE_RAW || codec->kind == KIND_UNZIP;
}

static void free_codec(void *held)
{
    struct codec *codec = held;
    if (!codec)
        return;
    if (is_deflate(codec))
        deflateEnd(&codec->zlib);
    else if (is_inflate(codec))
        inflateEnd(&codec->zlib);
    BrotliEncoderDestroyInstance(codec->encoder);
    BrotliDecoderDestroyInstance(codec->decoder);
    buffer_free(&codec->dictionary);
    free(codec);
}

static void finalize_codec(JSObjectRef object)
{
    free_codec(JSObjectGetPrivate(object));
}

static struct worker_bind_kind codec_kind = {
    .name = "codec",
    .release = free_codec,
    .finalize = finalize_codec,
};

static struct codec *codec_of(JSContextRef context, JSValueRef value)
{
    return worker_bind_held(context, &codec_kind, value);
}

/* The streams' memory is not in the account: the library frees it in time. */
static JSValueRef hold(JSContextRef context, struct codec *codec)
{
    return worker_bind_hold(context, &codec_kind, codec, sizeof(*codec));
}

/* zlib's windowBits also says the format around the data. */
static int window_of(enum kind kind, int bits)
{
    switch (kind) {
    case KIND_GZIP:
    case KIND_GUNZIP:
        return bits + 16;
    case KIND_DEFLATE_RAW:
    case KIND_INFLATE_RAW:
        return -bits;
    case KIND_UNZIP:
        /* Whichever of the two the input begins with. */
        return bits + 32;
    default:
        return bits;
    }
}

/* A zlib format without a header has no place that asks for the dictionary. */
static int set_dictionary(struct codec *codec)
{
    struct buffer *dictionary = &codec->dictionary;
    if (!dictionary->size)
        return Z_OK;
    if (codec->kind == KIND_DEFLATE || codec->kind == KIND_DEFLATE_RAW)
        return deflateSetDictionary(&codec->zlib, dictionary->data,
                                    (uInt)dictionary->size);
    if (codec->kind == KIND_INFLATE_RAW)
        return inflateSetDictionary(&codec->zlib, dictionary->data,
                                    (uInt)dictionary->size);
    return Z_OK;
}

static int open_zlib(struct codec *codec, int level, int bits, int memory,
                     int strategy)
{
    int window = window_of(codec->kind, bits);
    int code = is_deflate(codec) ? deflateInit2(&codec->zlib, level, Z_DEFLATED,
                                                window, memory, strategy)
                                 : inflateInit2(&codec->zlib, window);
    return code == Z_OK ? set_dictionary(codec) : code;
}

static JSValueRef throw_code(JSContextRef context, JSValueRef *exception)
{
    return worker_bind_throw(context, exception,
                             "ERR_ZLIB_INITIALIZATION_"
                             "FAILED",
                             "Initialization failed");
}

/* zlib_new(kind, level, window bits, memory level, strategy, dictionary)
 * -> handle */
WORKER_BIND(new_zlib)
{
    struct bytes dictionary;
    CHECK(count == 6);
    if (!worker_bind_view(context, arguments[5], &dictionary, exception))
        return JSValueMakeUndefined(context);
    struct codec *codec = mem_zero(1, sizeof(*codec));
    codec->kind = (enum kind)worker_bind_number(context, count, arguments, 0);
    CHECK(is_deflate(codec) || is_inflate(codec));
    buffer_bytes(&codec->dictionary, dictionary);
    int code =
        open_zlib(codec, (int)worker_bind_number(context, count, arguments, 1),
                  (int)worker_bind_number(context, count, arguments, 2),
                  (int)worker_bind_number(context, count, arguments, 3),
                  (int)worker_bind_number(context, count, arguments, 4));
    if (code != Z_OK) {
        free_codec(codec);
        return throw_code(context, exception);
    }
    return hold(context, codec);
}

/* brotli_new(is encoder) -> handle */
WORKER_BIND(new_brotli)
{
    CHECK(count == 1);
    struct codec *codec = mem_zero(1, sizeof(*codec));
    bool is_encoder = JSValueToBoolean(context, arguments[0]);
    codec->kind = is_encoder ? KIND_BROTLI_ENCODE : KIND_BROTLI_DECODE;
    if (is_encoder)
        codec->encoder = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    else
        codec->decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    CHECK(codec->encoder || codec->decoder);
    return hold(context, codec);
}

/* brotli_set(handle, parameter, value) -> whether it was taken */
WORKER_BIND(set_brotli)
{
    CHECK(count == 3);
    struct codec *codec = codec_of(context, arguments[0]);
    int name = (int)worker_bind_number(context, count, arguments, 1);
    uint32_t value = (uint32_t)worker_bind_number(context, count, arguments, 2);
    bool is_set =
        codec->encoder
            ? BrotliEncoderSetParameter(codec->encoder,
                                        (BrotliEncoderParameter)name, value)
            : BrotliDecoderSetParameter(codec->decoder,
                                        (BrotliDecoderParameter)name, value);
    return JSValueMakeBoolean(context, is_set);
}

/* What one step has used and made; the code is zlib's. */
struct step {
    struct bytes in;
    uint8_t *out;
    size_t room;
    int code;
};

/* A gzip file may consist of several members (RFC 1952, 2.2). What does not
 * begin like a member is left to the caller. */
static bool has_member(const struct codec *codec)
{
    bool is_gzip = codec->kind == KIND_GUNZIP || codec->kind == KIND_UNZIP;
    return is_gzip && codec->first == GZIP_FIRST && codec->zlib.avail_in > 0 &&
           *codec->zlib.next_in == GZIP_FIRST;
}

static int run_inflate(struct codec *codec, int flush)
{
    z_stream *zlib = &codec->zlib;
    if (!codec->first && zlib->avail_in)
        codec->first = *zlib->next_in;
    int code = inflate(zlib, flush);
    if (code == Z_NEED_DICT && codec->dictionary.size &&
        codec->kind != KIND_INFLATE_RAW) {
        code = inflateSetDictionary(zlib, codec->dictionary.data,
                                    (uInt)codec->dictionary.size);
        if (code == Z_OK)
            code = inflate(zlib, flush);
        else if (code == Z_DATA_ERROR)
            /* Another one was meant. */
            code = Z_NEED_DICT;
    }
    while (code == Z_STREAM_END && has_member(codec)) {
        inflateReset(zlib);
        code = inflate(zlib, flush);
    }
    return code;
}

static void run_zlib(struct codec *codec, int flush, struct step *step)
{
    z_stream *zlib = &codec->zlib;
    /* zlib's type has no const without ZLIB_CONST. It does not write there. */
    zlib->next_in = (Bytef *)step->in.data;
    zlib->avail_in = (uInt)step->in.size;
    zlib->next_out = step->out;
    zlib->avail_out = (uInt)step->room;
    step->code =
        is_deflate(codec) ? deflate(zlib, flush) : run_inflate(codec, flush);
    codec->message = zlib->msg;
    step->in = bytes_make(step->in.data + step->in.size - zlib->avail_in,
                          zlib->avail_in);
    step->room = zlib->avail_out;
    zlib->next_in = NULL;
    zlib->next_out = NULL;
}

/* Codes as zlib's; an error of the decoder is its own negative number. */
static void run_decoder(struct codec *codec, struct step *step)
{
    size_t left = step->in.size;
    const uint8_t *in = step->in.data;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(
        codec->decoder, &left, &in, &step->room, &step->out, NULL);
    step->in = bytes_make(in, left);
    step->code = Z_OK;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) {
        step->code = Z_STREAM_END;
    } else if (result == BROTLI_DECODER_RESULT_ERROR) {
        BrotliDecoderErrorCode error =
            BrotliDecoderGetErrorCode(codec->decoder);
        step->code = error < 0 ? (int)error : Z_STREAM_ERROR;
        codec->message = BrotliDecoderErrorString(error);
    }
}

static void run_encoder(struct codec *codec, int operation, struct step *step)
{
    size_t left = step->in.size;
    const uint8_t *in = step->in.data;
    bool is_done = BrotliEncoderCompressStream(
        codec->encoder, (BrotliEncoderOperation)operation, &left, &in,
        &step->room, &step->out, NULL);
    step->in = bytes_make(in, left);
    step->code = !is_done                                  ? Z_STREAM_ERROR
                 : BrotliEncoderIsFinished(codec->encoder) ? Z_STREAM_END
                                                           : Z_OK;
}

static void run_step(struct codec *codec, int flush, struct step *step)
{
    if (codec->decoder)
        run_decoder(codec, step);
    else if (codec->encoder)
        run_encoder(codec, flush, step);
    else
        run_zlib(codec, flush, step);
}

/* zlib_run(handle, input, flush, output) -> [code, bytes of the input used,
 * bytes of the output made] */
WORKER_BIND(run)
{
    struct bytes in, out;
    CHECK(count == 4);
    struct codec *codec = codec_of(context, arguments[0]);
    if (!worker_bind_view(context, arguments[1], &in, exception) ||
        !worker_bind_view(context, arguments[3], &out, exception))
        return JSValueMakeUndefined(context);
    /* The engine has no larger arrays, and the library passes pieces. */
    CHECK(in.size <= UINT32_MAX && out.size <= UINT32_MAX);
    int flush = (int)worker_bind_number(context, count, arguments, 2);
    struct step step = {.in = in, .out = (uint8_t *)out.data, .room = out.size};
    run_step(codec, flush, &step);
    JSValueRef values[] = {
        JSValueMakeNumber(context, step.code),
        JSValueMakeNumber(context, (double)(in.size - step.in.size)),
        JSValueMakeNumber(context, (double)(out.size - step.room)),
    };
    return JSObjectMakeArray(context, sizeof(values) / sizeof(*values), values,
                             exception);
}

/* The most that a first piece of output takes. */
#define WHOLE_SIZE_FIRST (16u << 10)

/* Run until the input is used up or the output passes the limit. *out grows to
 * the output, plus one byte at most that shows that the limit was passed. */
static void run_to_end(struct codec *codec, int flush, size_t limit,
                       struct step *step, uint8_t **out, size_t *made)
{
    size_t size = 0;
    bool is_full = true;
    *made = 0;
    while (is_full && *made <= limit) {
        size_t wanted = size ? 2 * size : WHOLE_SIZE_FIRST;
        size = wanted < limit + 1 ? wanted : limit + 1;
        *out = mem_resize(*out, size);
        size_t room = size - *made;
        step->out = *out + *made;
        step->room = room;
        run_step(codec, flush, step);
        *made += room - step->room;
        /* Room is left only at the end, at an error or for want of input. */
        is_full = step->room == 0 && step->code != Z_STREAM_END;
    }
}

/* zlib_whole(handle, input, flush, limit) -> [code, bytes of the input used,
 * bytes of the output made, output]. The output is gathered outside the
 * engine's heap, and is undefined if it has more bytes than limit. */
WORKER_BIND(run_whole)
{
    struct bytes in;
    CHECK(count == 4);
    struct codec *codec = codec_of(context, arguments[0]);
    if (!worker_bind_view(context, arguments[1], &in, exception))
        return JSValueMakeUndefined(context);
    CHECK(in.size <= UINT32_MAX);
    int flush = (int)worker_bind_number(context, count, arguments, 2);
    double limit = worker_bind_number(context, count, arguments, 3);
    CHECK(limit >= 0 && limit < UINT32_MAX);
    struct step step = {.in = in};
    uint8_t *out = NULL;
    size_t made;
    run_to_end(codec, flush, (size_t)limit, &step, &out, &made);
    JSValueRef values[] = {
        JSValueMakeNumber(context, step.code),
        JSValueMakeNumber(context, (double)(in.size - step.in.size)),
        JSValueMakeNumber(context, (double)made),
        JSValueMakeUndefined(context),
    };
    if (made <= (size_t)limit)
        values[3] =
            worker_bind_make_bytes(context, bytes_make(out, made), exception);
    free(out);
    return JSObjectMakeArray(context, sizeof(values) / sizeof(*values), values,
                             exception);
}

/* zlib_message(handle) -> the last error's text; "" if zlib gave none */
WORKER_BIND(last_message)
{
    CHECK(count == 1);
    struct codec *codec = codec_of(context, arguments[0]);
    return worker_bind_make_text(context, codec->message ? codec->message : "");
}

/* zlib_params(handle, level, strategy): the input before must be flushed. */
WORKER_BIND(set_params)
{
    CHECK(count == 3);
    struct codec *codec = codec_of(context, arguments[0]);
    if (is_deflate(codec))
        deflateParams(&codec->zlib,
                      (int)worker_bind_number(context, count, arguments, 1),
                      (int)worker_bind_number(context, count, arguments, 2));
    return JSValueMakeUndefined(context);
}

/* zlib_reset(handle): a new stream with the same parameters. */
WORKER_BIND(reset_zlib)
{
    CHECK(count == 1);
    struct codec *codec = codec_of(context, arguments[0]);
    codec->first = 0;
    if (is_deflate(codec))
        deflateReset(&codec->zlib);
    else if (is_inflate(codec))
        inflateReset(&codec->zlib);
    if (set_dictionary(codec) != Z_OK)
        return throw_code(context, exception);
    return JSValueMakeUndefined(context);
}

/* zlib_free(handle) */
WORKER_BIND(free_handle)
{
    CHECK(count == 1);
    worker_bind_drop(context, &codec_kind, arguments[0]);
    return JSValueMakeUndefined(context);
}

/* crc32(Uint8Array, value before) -> number */
WORKER_BIND(sum_crc32)
{
    struct bytes data;
    CHECK(count == 2);
    if (!worker_bind_view(context, arguments[0], &data, exception))
        return JSValueMakeUndefined(context);
    uint32_t before =
        (uint32_t)worker_bind_number(context, count, arguments, 1);
    /* NULL would ask for the initial value. */
    uLong sum = data.size ? crc32_z(before, data.data, data.size) : before;
    return JSValueMakeNumber(context, (double)sum);
}

const JSStaticFunction worker_bind_zlib[] = {
    {"zlib_new", new_zlib, kJSPropertyAttributeReadOnly},
    {"brotli_new", new_brotli, kJSPropertyAttributeReadOnly},
    {"brotli_set", set_brotli, kJSPropertyAttributeReadOnly},
    {"zlib_run", run, kJSPropertyAttributeReadOnly},
    {"zlib_whole", run_whole, kJSPropertyAttributeReadOnly},
    {"zlib_message", last_message, kJSPropertyAttributeReadOnly},
    {"zlib_params", set_params, kJSPropertyAttributeReadOnly},
    {"zlib_reset", reset_zlib, kJSPropertyAttributeReadOnly},
    {"zlib_free", free_handle, kJSPropertyAttributeReadOnly},
    {"crc32", sum_crc32, kJSPropertyAttributeReadOnly},
    {0},
};
