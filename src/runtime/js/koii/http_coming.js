/*
 * The body of a request that comes while its call runs: the node holds a little
 * of it, and the client waits until the task has read that.
 *
 * The time that the client takes is not the call's: the clocks of the engine
 * and of the node stand while a piece is awaited, and begin anew with it.
 */
'use strict';

(function (library) {
  const { native, load } = library;
  const { make } = load('node/errors');

  /* clock: stop() and start() of what else watches the call. */
  class ComingBody {
    #id;
    #limit_ms;
    #clock;
    #is_over = false; /* all has come, or failed */
    #call_is_over = false;
    has_failed = false; /* its client is gone */

    constructor(id, limit_ms, clock) {
      this.#id = id;
      this.#limit_ms = limit_ms;
      this.#clock = clock;
    }

    /* Bytes, which may be none; null after the last ones. One at a time. */
    async next() {
      if (this.#is_over)
        return null;
      if (this.#call_is_over)
        throw make(Error, 'ECONNRESET', 'aborted');
      native.ended(this.#id);
      this.#clock.stop();
      let answer;
      try {
        answer = await library.ask('bodyRead', [this.#id], undefined,
          undefined, true);
      } finally {
        if (!this.#call_is_over) {
          native.began(this.#id, this.#limit_ms);
          this.#clock.start();
        }
      }
      const { result, payload } = answer;
      this.has_failed = Boolean(result.failed);
      this.#is_over = this.has_failed || Boolean(result.done);
      if (this.has_failed)
        throw make(Error, 'ECONNRESET', 'aborted');
      return payload ?? new Uint8Array(0);
    }

    /* All that is still to come, at most limit bytes: null if it is more. */
    async collect(limit) {
      const pieces = [];
      let size = 0;
      for (let piece = await this.next(); piece; piece = await this.next()) {
        size += piece.length;
        if (size > limit)
          return null;
        pieces.push(piece);
      }
      return load('node/buffer').Buffer.concat(pieces, size);
    }

    /* The call has its result. */
    end() {
      this.#call_is_over = true;
    }
  }

  return { ComingBody };
})
