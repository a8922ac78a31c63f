/*
 * Do peers reach this node? What is known without asking: when one of them
 * asked at the node port last. And a test: peers of the node's tasks are asked
 * to fetch a page from the public URL.
 *
 *   POST <peer>/reach {"url":text, "nonce":32 digits}   -> {"reached":bool}
 *   GET  <url>/reach/<nonce>                            -> the nonce
 *
 * A test's result is what this node sees itself: somebody outside has fetched
 * the page that only those who were asked know of. A peer's word counts for
 * nothing.
 *
 * Who is asked connects to the one address that the question came from, as
 * libp2p's AutoNAT does, and only where the operator's rule allows it: so
 * nobody makes a node ask other machines, and what they answer is told to
 * nobody. Such questions have a rate.
 *
 * Thread: the loop's, but where it says so.
 */
#ifndef POND_NODE_NODE_REACH_H
#define POND_NODE_NODE_REACH_H

#include "base/buffer.h"
#include "net/http_exchange.h"
#include "node/node_control.h"

struct node;
struct node_reach;

#define NODE_REACH_PATH "/reach"
/* Peers that a test asks. */
#define NODE_REACH_PEERS_MAX 5

struct node_reach *node_reach_new(struct node *node);
void node_reach_free(struct node_reach *reach); /* NULL is allowed */

/* Somebody asks at the node port. Thread: any. */
void node_reach_note(struct node_reach *reach, struct http_exchange *exchange);

/* A request to NODE_REACH_PATH or below it: answers, now or later. */
void node_reach_answer(struct node_reach *reach,
                       struct http_exchange *exchange);

/* {"port":n, "public_url":url, "guessed":bool (nobody has named it),
 * "peers":n (that could be asked), "seen":{"from":address, "at":ms} or null,
 * "tested":{"reached":bool, "by":url or null, "asked":n, "at":ms} or null} */
void node_reach_write(struct node_reach *reach, struct buffer *out);

/* What is known at last: that a test found no way, and nobody has asked since,
 * or that somebody has. */
enum node_reach_finding { REACH_UNKNOWN, REACH_THERE, REACH_CUT_OFF };
enum node_reach_finding node_reach_finding(struct node_reach *reach);

/* Ask. answered comes with the same object; or ERR_STATE: there is nobody to
 * ask, ERR_BUSY: a test is under way; ERR_REMOTE later: nobody who was asked
 * knew the question. */
int node_reach_test(struct node_reach *reach, node_control_answered *answered,
                    void *user);

/* The node ends: what is unanswered is answered from the loop. Then, when
 * nothing is under way, the node's work_over() is called. */
void node_reach_stop(struct node_reach *reach);
bool node_reach_is_busy(const struct node_reach *reach);

#endif
