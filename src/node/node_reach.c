#include "node/node_reach.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/rate.h"
#include "net/http_client.h"
#include "node/node_internal.h"
#include "node/reach/peer_url.h"
#include "node/reach/source_list.h"

#include <sodium.h>
#include <stdlib.h>

#define NONCE_BYTES 16
#define NONCE_SIZE (2 * NONCE_BYTES + 1)

/* Questions of others: so many a second, and under way. */
#define ASKED_S 2
#define ASKED_BURST 8
#define BACKS_MAX 8
/* A question of this form is short, and so is its answer. */
#define BODY_MAX 1024
/* Who can be reached answers sooner; who asked waits a little longer. */
#define BACK_TIMEOUT_MS 8000
#define TEST_TIMEOUT_MS 12000

/* Somebody else's question: the page is fetched from where he is. */
struct back {
    struct back *next;
    struct node_reach *reach;
    struct http_exchange *exchange;
    struct http_client *client;
    struct sockaddr_storage from;
    const struct address_rule *rule; /* the operator's */
    char nonce[NONCE_SIZE];
};

/* One peer that is asked. */
struct asked {
    struct node_reach *reach;
    char *url;
    bool has_answered; /* in the form of an answer */
    bool has_reached;  /* by its own word, which is for the name alone */
};

/*
 * Invariants:
 *
 *  1. seen_from and seen_ms belong to who has the lock; all else to the loop.
 *  2. While a test is under way pending > 0, and nonce is its own; else it is
 *     "".
 *  3. backs lists the questions of others that have no answer yet.
 */
struct node_reach {
    struct node *node;
    struct lock lock;
    char seen_from[64];
    uint64_t seen_ms; /* Unix; 0: nobody yet */

    struct rate rate;
    struct back *backs;
    size_t back_count;
    bool is_stopping;

    char nonce[NONCE_SIZE];
    bool is_fetched; /* in this test */
    size_t pending, knew;
    struct asked asked[NODE_REACH_PEERS_MAX];
    size_t asked_count;
    node_control_answered *answered;
    void *user;

    uint64_t tested_ms; /* Unix; 0: never */
    bool was_reached;
    char by[256];
    size_t was_asked;
};

struct node_reach *node_reach_new(struct node *node)
{
    struct node_reach *reach = mem_zero(1, sizeof(*reach));

    reach->node = node;
    lock_init(&reach->lock);
    reach->rate = rate_make(ASKED_S, ASKED_BURST, clock_monotonic_ms());
    return reach;
}

void node_reach_free(struct node_reach *reach)
{
    if (!reach)
        return;
    CHECK(!reach->backs && !reach->pending);
    lock_destroy(&reach->lock);
    free(reach);
}

/* ---- who asks at the port ---- */

/* From outside is what the operator's rule lets peers be. */
void node_reach_note(struct node_reach *reach, struct http_exchange *exchange)
{
    struct sockaddr_storage own, other;

    if (http_ends(exchange, &own, &other) ||
        !address_rule_allows(reach->node->options.network,
                             (struct sockaddr *)&other)) {
        err_clear();
        return;
    }
    lock_take(&reach->lock);
    snprintf(reach->seen_from, sizeof(reach->seen_from), "%s",
             http_client_address(exchange));
    reach->seen_ms = clock_unix_ms();
    lock_give(&reach->lock);
}

/* ---- others' questions ---- */

/* A node that ends waits for it. */
static void say_idle(struct node_reach *reach)
{
    struct node *node = reach->node;

    if (reach->is_stopping && !node_reach_is_busy(reach))
        node->work_over(node);
}

static void answer_reached(struct http_exchange *exchange, bool is_reached)
{
    http_answer(
        exchange, 200, "application/json",
        bytes_text(is_reached ? "{\"reached\":true}" : "{\"reached\":false}"));
}

static void on_back(void *user, int status, struct http_response *response)
{
    struct back *back = user;
    struct node_reach *reach = back->reach;
    struct back **at = &reach->backs;

    while (*at != back)
        at = &(*at)->next;
    *at = back->next;
    reach->back_count--;
    answer_reached(back->exchange, !status && response->status == 200 &&
                                       bytes_equal(buffer_view(&response->body),
                                                   bytes_text(back->nonce)));
    if (!reach->is_stopping)
        http_client_close(back->client);
    free(back);
    say_idle(reach);
}

static bool allows_back(void *user, const struct sockaddr *address)
{
    const struct back *back = user;
    const struct address_rule only = address_rule_only(&back->from);

    return address_rule_allows(&only, address) &&
           address_rule_allows(back->rule, address);
}

static bool is_nonce(const char *text)
{
    return strlen(text) == NONCE_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == NONCE_SIZE - 1;
}

/* Where the page of a nonce is, below a URL that a peer has given. */
static char *page_url(const char *url, const char *nonce)
{
    size_t size = strlen(url);

    while (size && url[size - 1] == '/')
        size--;
    return mem_format("%.*s" NODE_REACH_PATH "%s%s", (int)size, url,
                      *nonce ? "/" : "", nonce);
}

static void fetch_back(struct node_reach *reach, struct http_exchange *exchange,
                       const char *url, const char *nonce,
                       const struct sockaddr_storage *from)
{
    struct back *back = mem_zero(1, sizeof(*back));
    const struct address_rule rule = {.allows = allows_back, .user = back};

    *back = (struct back){.next = reach->backs,
                          .reach = reach,
                          .exchange = exchange,
                          .from = *from,
                          .rule = reach->node->options.network};
    memcpy(back->nonce, nonce, sizeof(back->nonce));
    reach->backs = back;
    reach->back_count++;
    back->client = http_client_new(reach->node->parts.loop, &rule);
    char *page = page_url(url, nonce);
    const struct http_request request = {
        .url = page, .limit_bytes = BODY_MAX, .timeout_ms = BACK_TIMEOUT_MS};
    http_client_start(back->client, &request, on_back, back);
    free(page);
}

static void answer_question(struct node_reach *reach,
                            struct http_exchange *exchange)
{
    struct sockaddr_storage own, from;
    struct json_object *body = NULL;
    const char *url, *nonce;

    if (reach->is_stopping || reach->back_count == BACKS_MAX ||
        !rate_take(&reach->rate, clock_monotonic_ms(), 1)) {
        http_answer_header(exchange, "Retry-After", "5");
        http_answer_text(exchange, 429, "too many ask");
        return;
    }
    if (http_body(exchange).size > BODY_MAX ||
        json_parse(http_body(exchange), &body) ||
        !json_object_is_type(body, json_type_object) ||
        json_get_text(body, "url", &url) ||
        json_get_text(body, "nonce", &nonce) || !is_nonce(nonce) ||
        peer_url_check(url) || http_ends(exchange, &own, &from))
        http_answer_text(exchange, 400, "a URL and a nonce are wanted");
    else
        fetch_back(reach, exchange, url, nonce, &from);
    err_clear();
    json_object_put(body);
}

/* The page, for who was asked. */
static void answer_page(struct node_reach *reach,
                        struct http_exchange *exchange, const char *nonce)
{
    if (!*reach->nonce || strlen(nonce) != NONCE_SIZE - 1 ||
        sodium_memcmp(nonce, reach->nonce, NONCE_SIZE - 1)) {
        http_answer_text(exchange, 404, "no such page");
        return;
    }
    reach->is_fetched = true;
    http_answer(exchange, 200, "text/plain", bytes_text(nonce));
}

void node_reach_answer(struct node_reach *reach, struct http_exchange *exchange)
{
    const char *rest = http_path(exchange) + strlen(NODE_REACH_PATH);

    if (*rest == '/' && http_method_is(exchange, "GET"))
        answer_page(reach, exchange, rest + 1);
    else if (!*rest && http_method_is(exchange, "POST"))
        answer_question(reach, exchange);
    else
        http_answer_text(exchange, 404, "no such page");
}

/* ---- a test of one's own ---- */

static void find_peers(const struct node_reach *reach, struct source_list *list)
{
    const struct node *node = reach->node;

    source_list_init(list, &node->parts);
    for (size_t i = 0; i < node->runner_count; i++)
        task_runner_add_peers(node->runners[i], list);
}

void node_reach_write(struct node_reach *reach, struct buffer *out)
{
    const struct node *node = reach->node;
    struct json_writer writer = json_writer_make(out);
    struct source_list list;
    char from[sizeof(reach->seen_from)];

    lock_take(&reach->lock);
    memcpy(from, reach->seen_from, sizeof(from));
    uint64_t seen_ms = reach->seen_ms;
    lock_give(&reach->lock);
    find_peers(reach, &list);
    json_open_object(&writer);
    json_field_u64(&writer, "port", node->face_port);
    json_field_text(&writer, "public_url", node->public_url);
    json_field_bool(&writer, "guessed", !node->options.public_url);
    json_field_u64(&writer, "peers", list.count);
    json_name(&writer, "seen");
    if (seen_ms) {
        json_open_object(&writer);
        json_field_text(&writer, "from", from);
        json_field_u64(&writer, "at", seen_ms);
        json_close_object(&writer);
    } else {
        json_write_null(&writer);
    }
    json_name(&writer, "tested");
    if (reach->tested_ms) {
        json_open_object(&writer);
        json_field_bool(&writer, "reached", reach->was_reached);
        if (*reach->by)
            json_field_text(&writer, "by", reach->by);
        else
            json_field_null(&writer, "by");
        json_field_u64(&writer, "asked", reach->was_asked);
        json_field_u64(&writer, "at", reach->tested_ms);
        json_close_object(&writer);
    } else {
        json_write_null(&writer);
    }
    json_close_object(&writer);
}

enum node_reach_finding node_reach_finding(struct node_reach *reach)
{
    lock_take(&reach->lock);
    uint64_t seen_ms = reach->seen_ms;
    lock_give(&reach->lock);
    if (reach->tested_ms && !reach->was_reached && seen_ms <= reach->tested_ms)
        return REACH_CUT_OFF;
    return reach->tested_ms || seen_ms ? REACH_THERE : REACH_UNKNOWN;
}

/* Who says what was seen, too; "": nobody does. */
static const char *who_answered(const struct node_reach *reach)
{
    for (size_t i = 0; i < reach->asked_count; i++) {
        const struct asked *asked = &reach->asked[i];

        if (asked->has_answered && asked->has_reached == reach->is_fetched)
            return asked->url;
    }
    return "";
}

static void end_test(struct node_reach *reach)
{
    node_control_answered *answered = reach->answered;
    struct buffer answer = {0};
    int status = 0;

    if (reach->is_fetched || reach->knew) {
        reach->tested_ms = clock_unix_ms();
        reach->was_reached = reach->is_fetched;
        reach->was_asked = reach->asked_count;
        snprintf(reach->by, sizeof(reach->by), "%s", who_answered(reach));
        node_reach_write(reach, &answer);
    } else if (reach->is_stopping) {
        status = err_set(ERR_CANCELLED, "the node is stopping");
    } else {
        status = err_set(ERR_REMOTE,
                         "none of the %zu nodes that were asked can tell: they "
                         "did not answer, or do not know the question",
                         reach->asked_count);
    }
    for (size_t i = 0; i < reach->asked_count; i++)
        free(reach->asked[i].url);
    reach->asked_count = 0;
    *reach->nonce = 0;
    answered(reach->user, status, &answer);
    buffer_free(&answer);
}

static bool is_answer(const struct http_response *response, bool *reached)
{
    struct json_object *tree = NULL;
    bool is_one = response->status == 200 &&
                  !json_parse(buffer_view(&response->body), &tree) &&
                  json_object_is_type(tree, json_type_object) &&
                  !json_get_bool(tree, "reached", reached);

    json_object_put(tree);
    err_clear();
    return is_one;
}

static void on_told(void *user, int status, struct http_response *response)
{
    struct asked *asked = user;
    struct node_reach *reach = asked->reach;

    asked->has_answered = !status && is_answer(response, &asked->has_reached);
    reach->knew += asked->has_answered;
    if (--reach->pending == 0)
        end_test(reach);
    say_idle(reach);
}

static void ask(struct node_reach *reach, struct asked *asked,
                struct bytes question)
{
    static const char *const headers[] = {"Content-Type: application/json",
                                          NULL};
    char *page = page_url(asked->url, "");
    const struct http_request request = {.url = page,
                                         .headers = headers,
                                         .body = question,
                                         .limit_bytes = BODY_MAX,
                                         .timeout_ms = TEST_TIMEOUT_MS};

    reach->pending++;
    http_client_start(reach->node->parts.task_http, &request, on_told, asked);
    free(page);
}

/* Any of them, so that not always the same are asked. */
static void choose_peers(struct node_reach *reach,
                         const struct source_list *list)
{
    size_t first = randombytes_uniform((uint32_t)list->count);

    for (size_t i = 0; i < list->count && i < NODE_REACH_PEERS_MAX; i++)
        reach->asked[reach->asked_count++] = (struct asked){
            .reach = reach,
            .url = mem_text(list->items[(first + i) % list->count].url)};
}

int node_reach_test(struct node_reach *reach, node_control_answered *answered,
                    void *user)
{
    uint8_t random[NONCE_BYTES];
    struct source_list list;
    struct buffer nonce = {0}, question = {0};
    struct json_writer writer = json_writer_make(&question);

    if (reach->is_stopping)
        return err_set(ERR_CANCELLED, "the node is stopping");
    if (reach->pending)
        return err_set(ERR_BUSY, "a test is under way");
    find_peers(reach, &list);
    if (!list.count)
        return err_set(ERR_STATE, "no task of this node has another node that "
                                  "could be asked");
    randombytes_buf(random, sizeof(random));
    hex_encode(bytes_make(random, sizeof(random)), &nonce);
    memcpy(reach->nonce, nonce.data, NONCE_SIZE - 1);
    reach->is_fetched = false;
    reach->knew = 0;
    reach->answered = answered;
    reach->user = user;
    json_open_object(&writer);
    json_field_text(&writer, "url", reach->node->public_url);
    json_field_text(&writer, "nonce", reach->nonce);
    json_close_object(&writer);
    choose_peers(reach, &list);
    for (size_t i = 0; i < reach->asked_count; i++)
        ask(reach, &reach->asked[i], buffer_view(&question));
    buffer_free(&nonce);
    buffer_free(&question);
    return 0;
}

bool node_reach_is_busy(const struct node_reach *reach)
{
    return reach->backs || reach->pending;
}

/* Closing their clients ends them. The node's own test ends with its client. */
void node_reach_stop(struct node_reach *reach)
{
    reach->is_stopping = true;
    for (struct back *back = reach->backs; back; back = back->next)
        http_client_close(back->client);
}
