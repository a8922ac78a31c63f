/*
 * By name first, because an author who gave a file an ending meant it; the
 * signatures are for content that was added without a name, such as a bare CID.
 * Nothing is ever guessed to be a script.
 *
 * Two short lists and a walk through them: what task creators publish is pages,
 * data and pictures. A system's mime database would differ from machine to
 * machine, and with it what two nodes answer for one CID.
 */
#include "storage/serve/gateway_type.h"

#include <strings.h>

/* Endings in any case; the path may have folders with dots in them. */
const char *gateway_type_by_name(struct bytes path)
{
    /* IANA's names for what pages and data sets are made of. */
    static const struct {
        const char *ending, *type;
    } types[] = {
        {"html", "text/html; charset=utf-8"},
        {"htm", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"mjs", "text/javascript; charset=utf-8"},
        {"json", "application/json"},
        {"map", "application/json"},
        {"jsonl", "application/jsonl"},
        {"txt", "text/plain; charset=utf-8"},
        {"log", "text/plain; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"},
        {"csv", "text/csv; charset=utf-8"},
        {"xml", "application/xml"},
        {"yml", "application/yaml"},
        {"yaml", "application/yaml"},
        {"wasm", "application/wasm"},
        {"pdf", "application/pdf"},
        {"zip", "application/zip"},
        {"gz", "application/gzip"},
        {"tar", "application/x-tar"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"gif", "image/gif"},
        {"webp", "image/webp"},
        {"avif", "image/avif"},
        {"svg", "image/svg+xml"},
        {"ico", "image/vnd.microsoft.icon"},
        {"mp3", "audio/mpeg"},
        {"ogg", "audio/ogg"},
        {"wav", "audio/wav"},
        {"mp4", "video/mp4"},
        {"webm", "video/webm"},
        {"woff", "font/woff"},
        {"woff2", "font/woff2"},
        {"ttf", "font/ttf"},
    };
    /* Behind the last dot of the last part of the path. */
    size_t at = path.size;

    while (at && path.data[at - 1] != '.' && path.data[at - 1] != '/')
        at--;
    if (!at || path.data[at - 1] == '/')
        return NULL;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strlen(types[i].ending) == path.size - at &&
            !strncasecmp(types[i].ending, (const char *)path.data + at,
                         path.size - at))
            return types[i].type;
    }
    return NULL;
}

/* True for UTF-8; the end of the sample may cut a character. A control
 * character means a binary format. */
static bool is_text(struct bytes sample)
{
    size_t cut = 0;

    for (size_t i = 0; i < sample.size; i++) {
        uint8_t byte = sample.data[i];

        /* Escape sequences for terminals count as binary, too. */
        if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')
            return false;
    }
    /* The longest character has four bytes, so at most three are cut. */
    while (cut < 4 && cut <= sample.size) {
        if (bytes_is_utf8(bytes_make(sample.data, sample.size - cut)))
            return true;
        cut++;
    }
    return false;
}

/* An empty file is text. */
const char *gateway_type_by_content(struct bytes beginning)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *type;
        /* The first bytes of each format, as its specification has them; HTML
         * in the spellings that generators write. */
    } signatures[] = {
        {"\x89PNG\r\n\x1a\n", 8, "image/png"},
        {"\xff\xd8\xff", 3, "image/jpeg"},
        {"GIF8", 4, "image/gif"},
        {"%PDF-", 5, "application/pdf"},
        {"PK\x03\x04", 4, "application/zip"},
        {"\x1f\x8b", 2, "application/gzip"},
        {"\0asm", 4, "application/wasm"},
        {"<!DOCTYPE html", 14, "text/html; charset=utf-8"},
        {"<!doctype html", 14, "text/html; charset=utf-8"},
        {"<html", 5, "text/html; charset=utf-8"},
    };

    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        if (bytes_begin_with(
                beginning, bytes_make(signatures[i].bytes, signatures[i].size)))
            return signatures[i].type;
    }
    return is_text(beginning) ? "text/plain; charset=utf-8"
                              : "application/octet-stream";
}
