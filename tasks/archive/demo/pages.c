/*
 * archive-pages: the pages that the demonstration archives. A real HTTP server
 * on 127.0.0.1 over the texts of a folder, /usr/share/common-licenses if none
 * is given:
 *
 *     GET /                    the URLs, one a line, with {round} in them
 *     GET /round/<N>/<name>    the text as it stands in round N
 *
 * In round N a page begins with a line that says so, and its lines follow
 * turned by N: it differs from round to round, so that no cache can answer,
 * and can be had again exactly as it was.
 *
 * Prints "ready url=http://127.0.0.1:PORT" and runs until SIGINT or SIGTERM.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "net/http_server.h"

#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER_DEFAULT "/usr/share/common-licenses"
#define PAGES_MAX 64
#define PAGE_SIZE_MAX (4u << 20)
#define PREFIX "/round/"

struct page {
    char *name;
    struct buffer text;
};

struct pages {
    struct page items[PAGES_MAX];
    size_t count;
    uint16_t port; /* 0 until the server stands */
};

/* Regular files with plain names, in the order of their names. */
static int wanted(const struct dirent *entry)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    return entry->d_type == DT_REG &&
           strspn(entry->d_name, plain) == strlen(entry->d_name);
}

static int load(struct pages *pages, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, wanted, alphasort), status = 0;

    if (count < 0)
        return err_errno("%s", folder);
    for (int i = 0; i < count; i++) {
        struct page *page = &pages->items[pages->count];

        if (status == 0 && pages->count < PAGES_MAX) {
            char *path = mem_format("%s/%s", folder, entries[i]->d_name);

            status = file_read(path, PAGE_SIZE_MAX, &page->text);
            page->name = mem_text(entries[i]->d_name);
            pages->count++;
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    if (status == 0 && !pages->count)
        status = err_set(ERR_NOT_FOUND, "%s holds no texts", folder);
    return status;
}

static void unload(struct pages *pages)
{
    for (size_t i = 0; i < pages->count; i++) {
        free(pages->items[i].name);
        buffer_free(&pages->items[i].text);
    }
}

/* Where the line after the first count lines begins (they wrap around). */
static size_t line_offset(struct bytes text, uint64_t count)
{
    uint64_t lines = 0;
    size_t offset = 0;

    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    if (!lines)
        return 0;
    for (count %= lines; count > 0; offset++)
        count -= text.data[offset] == '\n';
    return offset;
}

static void answer_page(const struct page *page, uint64_t round,
                        struct http_exchange *exchange)
{
    struct bytes text = buffer_view(&page->text);
    size_t offset = line_offset(text, round);
    struct buffer body = {0};

    buffer_format(&body, "%s as it stands in round %" PRIu64 "\n", page->name,
                  round);
    buffer_append(&body, text.data + offset, text.size - offset);
    buffer_append(&body, text.data, offset);
    http_answer_header(exchange, "Cache-Control", "no-store");
    http_answer_buffer(exchange, 200, "text/plain; charset=utf-8", &body);
}

static void answer_list(const struct pages *pages,
                        struct http_exchange *exchange)
{
    struct buffer body = {0};

    for (size_t i = 0; i < pages->count; i++)
        buffer_format(&body, "http://127.0.0.1:%u" PREFIX "{round}/%s\n",
                      pages->port, pages->items[i].name);
    http_answer_buffer(exchange, 200, "text/plain; charset=utf-8", &body);
}

static void handle(void *user, struct http_exchange *exchange)
{
    const struct pages *pages = user;
    const char *path = http_path(exchange);
    uint64_t round;
    char *end;

    if (!http_method_is(exchange, "GET")) {
        http_answer_text(exchange, 405, "GET only");
        return;
    }
    if (!strcmp(path, "/")) {
        answer_list(pages, exchange);
        return;
    }
    if (!strncmp(path, PREFIX, strlen(PREFIX))) {
        round = strtoull(path + strlen(PREFIX), &end, 10);
        for (size_t i = 0; *end == '/' && i < pages->count; i++) {
            if (!strcmp(end + 1, pages->items[i].name)) {
                answer_page(&pages->items[i], round, exchange);
                return;
            }
        }
    }
    http_answer_text(exchange, 404, "no such page");
}

/* Run until a signal asks for the end. */
static int serve(struct pages *pages, uint16_t port)
{
    const struct http_server_options options = {
        .port = port, .threads = 2, .handler = handle, .user = pages};
    struct http_server *server;
    sigset_t ends;
    int status, signal;

    /* Before the server's threads are there, so that they inherit it. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    status = http_server_start(&options, &server);
    if (status < 0)
        return status;
    pages->port = http_server_port(server);
    printf("ready url=http://127.0.0.1:%u\n", pages->port);
    fflush(stdout);
    sigwait(&ends, &signal);
    http_server_stop(server);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"folder", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *folder = FOLDER_DEFAULT;
    struct pages pages = {0};
    unsigned long port = 0;
    int option, status;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'p':
            port = strtoul(optarg, NULL, 10);
            break;
        case 'f':
            folder = optarg;
            break;
        case 'h':
            printf("usage: archive-pages [--port PORT] [--folder FOLDER]\n");
            return 0;
        default:
            return 2;
        }
    }
    if (port > UINT16_MAX) {
        fprintf(stderr, "archive-pages: a port is at most %d\n", UINT16_MAX);
        return 2;
    }
    status = load(&pages, folder);
    if (status == 0)
        status = serve(&pages, (uint16_t)port);
    if (status < 0)
        fprintf(stderr, "archive-pages: %s\n", err_text());
    unload(&pages);
    return status < 0;
}
