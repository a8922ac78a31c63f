/*
 * One HTTP request of the client, without the loop that it runs on: shared by
 * http_call.c and http_client.c, not for others.
 */
#ifndef POND_NET_HTTP_CALL_H
#define POND_NET_HTTP_CALL_H

#include "net/http_client.h"
#include <curl/curl.h>

#define HTTP_CALL_MAGIC 0x6863616cu /* "hcal" */

struct http_call {
    unsigned magic;
    /* NULL: a blocking call, in no list. */
    struct http_client *client;
    struct http_call *next;
    struct http_call *previous;
    /* The client's, or that of the blocking call. */
    struct address_rule rule;
    /* libcurl's side of the call, there until it is freed. */
    CURL *easy;
    /* The request's headers. libcurl keeps pointers into the list. */
    struct curl_slist *headers;
    struct buffer request_body;
    /* A body that comes: read NULL if there is none. request_body has what came
     * and was not sent yet. */
    struct byte_source source;
    byte_source_done *source_came; /* the client's, with the call */
    uint64_t source_left;          /* of what was announced; or unknown */
    bool source_is_read;           /* a read is under way */
    bool source_is_over;           /* nothing more is asked of it */
    /* The caller's socket, until libcurl has it; or -1. */
    bool has_own_socket;
    int socket;
    /* The limit on the answer's body, unpacked. */
    size_t limit_bytes;
    struct http_response response;
    /* The caller's, or NULL; and the bytes that were taken of it. */
    struct budget *budget;
    uint64_t budget_bytes;
    /* The budget said no, in error. */
    bool over_budget;
    /* A callback broke the call off: for the message, as libcurl only says that
     * writing failed. */
    bool over_limit;
    bool address_refused;
    bool has_key; /* the URL: errors leave it out */
    /* Why it could not be started, or was aborted; 0: libcurl has it. The text
     * is in error. */
    int start_status;
    /* The answer comes in pieces: when there is one to report, and whether
     * libcurl has been asked to wait until the body is taken. */
    void (*arrived)(void *user, struct http_call *call,
                    const struct http_response *response);
    size_t window_bytes;
    uint64_t received_bytes;
    bool has_head;
    bool has_news;
    bool is_paused;
    /* The failure's kind, "" before; static. */
    const char *error_name;
    /* libcurl's words about this call, "" if it had none. */
    char error[CURL_ERROR_SIZE];
    http_done *done;
    void *user;
};

/* Before anything else of libcurl. */
void http_call_initialise(void);

/* In no client's list, and not set up. */
struct http_call *http_call_new(const struct address_rule *rule,
                                const struct http_request *request);
/* libcurl has nothing to do with it any longer. */
void http_call_free(struct http_call *call);

/* Of a body that comes nothing more is asked for. */
void http_call_end_source(struct http_call *call);

/* Give back what the answer has taken of its budget; nothing without one, or
 * the second time. */
void http_call_give_budget(struct http_call *call);

/* Everything of a request but the loop. ERR_INVALID. */
int http_call_set_up(struct http_call *call,
                     const struct http_request *request);

/* The failure's name in Node's words, "" for none. */
const char *http_error_name(const struct http_call *call, CURLcode code);

/* libcurl's verdict as a status; fills the response's status and URL. */
int http_call_conclude(struct http_call *call, CURLcode code);

#endif
