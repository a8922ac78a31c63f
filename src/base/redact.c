/*
 * A URL is what follows letters and "://", up to the first byte that no URL
 * has. What is a secret in it is not guessed by its name: every value of a
 * query goes, because a key that is logged once can't be taken back.
 */
#include "base/redact.h"

#include <stdbool.h>
#include <string.h>

/* Bytes. Words of a path are shorter ("v2", "rpc", "namespace-wrapper" is
 * ours and goes nowhere near an endpoint); keys are longer. */
#define KEY_SIZE_MIN 16

/* What is being written. Bytes that don't fit are left out. */
struct writing {
    char *out;
    size_t size; /* of out, with the NUL */
    size_t used;
};

static void put(struct writing *writing, const char *text, size_t size)
{
    size_t room = writing->size - 1 - writing->used;

    if (size > room)
        size = room;
    memcpy(writing->out + writing->used, text, size);
    writing->used += size;
}

static void put_hidden(struct writing *writing)
{
    put(writing, REDACTED, sizeof(REDACTED) - 1);
}

/* Up to the first of the stops, which are all ASCII. */
static size_t span(const char *text, size_t size, const char *stops)
{
    size_t at = 0;

    while (at < size && !(text[at] && strchr(stops, text[at])))
        at++;
    return at;
}

static bool ends_url(char byte)
{
    return (unsigned char)byte <= ' ' || strchr("\"'<>`\\{}|^", byte);
}

static size_t put_authority(struct writing *writing, const char *text,
                            size_t size)
{
    size_t end = span(text, size, "/?#");
    size_t user = end;

    while (user && text[user - 1] != '@')
        user--;
    /* A short name without a password lets nobody in. */
    if (user && user <= KEY_SIZE_MIN && !memchr(text, ':', user))
        user = 0;
    if (user) {
        put_hidden(writing);
        user--;
    }
    put(writing, text + user, end - user);
    return end;
}

static size_t put_path(struct writing *writing, const char *text, size_t size,
                       enum redact_how how)
{
    size_t end = span(text, size, "?#");

    if (how == REDACT_QUERIES) {
        put(writing, text, end);
        return end;
    }
    for (size_t at = 0; at < end;) {
        size_t part = span(text + at, end - at, "/");

        if (part >= KEY_SIZE_MIN)
            put_hidden(writing);
        else
            put(writing, text + at, part);
        at += part;
        if (at < end)
            put(writing, text + at++, 1);
    }
    return end;
}

/* "name=value" keeps its name; a part without one is a secret by itself where
 * it is as long as one. */
static size_t put_query(struct writing *writing, const char *text, size_t size)
{
    size_t at = 0;

    while (at < size) {
        size_t part = span(text + at, size - at, "&#");
        size_t name = span(text + at, part, "=");

        if (name < part)
            put(writing, text + at, name + 1);
        if (name < part || part >= KEY_SIZE_MIN)
            put_hidden(writing);
        else
            put(writing, text + at, part);
        at += part;
        if (at == size || text[at] == '#')
            break;
        put(writing, text + at++, 1);
    }
    return at;
}

/* "https://host/?a=b: it failed" */
static bool ends_sentence(char byte)
{
    return strchr(".,:;!?)", byte);
}

/* From behind "://". */
static size_t put_url(struct writing *writing, const char *text, size_t size,
                      enum redact_how how)
{
    size_t end = 0, at;

    while (end < size && !ends_url(text[end]))
        end++;
    while (end && text[end - 1] && ends_sentence(text[end - 1]))
        end--;
    at = put_authority(writing, text, end);
    at += put_path(writing, text + at, end - at, how);
    if (at < end && text[at] == '?') {
        put(writing, "?", 1);
        at++;
        at += put_query(writing, text + at, end - at);
    }
    /* The fragment, which is never sent. */
    put(writing, text + at, end - at);
    return end;
}

size_t redact_urls(const char *text, size_t size, enum redact_how how,
                   char *out, size_t out_size)
{
    struct writing writing = {out, out_size, 0};
    size_t at = 0;

    while (at < size) {
        const char *mark = memmem(text + at, size - at, "://", 3);
        size_t plain = mark ? (size_t)(mark - text) + 3 - at : size - at;

        put(&writing, text + at, plain);
        at += plain;
        if (mark)
            at += put_url(&writing, text + at, size - at, how);
    }
    out[writing.used] = 0;
    return writing.used;
}

struct redacted redact_url(const char *url)
{
    struct redacted shown;

    redact_urls(url, strlen(url), REDACT_PATHS, shown.text, sizeof(shown.text));
    return shown;
}
