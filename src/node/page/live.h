/*
 * The WebSocket of open pages, /api/1/live: topics as they change.
 *
 *   page: {"type":"hello","key":…,"build":…}    first, within 5 s
 *         {"type":"watch","topic":…}  {"type":"unwatch","topic":…}
 *         {"type":"quiet","on":bool}            the tab is hidden
 *   node: {"type":"welcome","build","now","slot","slot_ms"}
 *         {"type":"snapshot","topic","seq","data"}
 *         {"type":"patch","topic","seq","data"} a merge patch; a gap in seq:
 *                                               watch again
 *         {"type":"slot","slot","final","slot_ms"}         each second
 *         {"type":"log","topic","lines":[[ms,level,text]],"dropped"}
 *         {"type":"duty"|"round"|"entry"|"attention"|"job",…}  (live_say())
 *         {"type":"bye","reason":"stop"|"restart"|"session"|"slow"|"rate"}
 *         {"type":"error","code","message"}     codes: form, hello, topic,
 *                                               limit, rate
 *
 * The request is checked like any other; its cookie is one half of the session,
 * and the key of hello the other.
 *
 * One writer a topic serves all connections: data is made twice a second at
 * most, and only while somebody watches it. Without a connection there is no
 * timer.
 *
 * Limits: 16 connections, 32 topics each, 4 KiB a message and 20 messages a
 * second inwards, 256 KiB unsent outwards; a ping after 20 s of silence, and
 * dropped 20 s later.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_PAGE_LIVE_H
#define POND_NODE_PAGE_LIVE_H

#include "net/http_exchange.h"
#include "node/page/live_kind.h"

struct live;

/* The API outlives it. build: what the page's files are called by, for pages
 * that are older. */
struct live *live_new(struct api *api, const char *build);

/* Take a request over, or refuse it. cookies: its header Cookie; is_secure: the
 * browser has asked by https. */
void live_accept(struct live *live, struct http_exchange *exchange,
                 const char *cookies, bool is_secure);

/* Send a message (an object) to all who watch the topic, hidden pages only if
 * the topic is for them, too. */
void live_say(struct live *live, const char *topic, struct bytes message);

/* A session has ended: its pages are told and closed. 0: all sessions. */
void live_end_session(struct live *live, uint64_t session);

/* Say bye to all, and take no more. Once. */
void live_say_bye(struct live *live, const char *reason);

/* Close all; closed is called from the loop when nothing is left. The servers
 * that hand requests to it have stopped. */
void live_close(struct live *live, void (*closed)(void *user), void *user);

#endif
