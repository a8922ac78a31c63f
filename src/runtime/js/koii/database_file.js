/*
 * A database's file in NeDB's form: a line of JSON for each change, of which
 * the last of an _id counts. It is written anew when most of it is of the past.
 */
'use strict';

(function ({ load }) {
  const { to_line, from_line } = load('koii/database_values');

  /* Lines of the past beside those of the present before it is written anew. */
  const past_max = 1000;

  /* NeDB's share of lines that may be damaged. */
  const damaged_share = 0.1;

  const nothing = { read: () => ({ documents: [], indexes: [] }), append() {},
    compact() {}, tidy() {} };

  function take_lines(lines) {
    const documents = new Map(), indexes = new Map();
    let damaged = 0;
    for (const line of lines) {
      let value;
      try {
        value = from_line(line);
      } catch {
        damaged++;
        continue;
      }
      if (value?._id !== undefined && value.$$deleted === true)
        documents.delete(value._id);
      else if (value?._id !== undefined)
        documents.set(value._id, value);
      else if (value?.$$indexCreated?.fieldName !== undefined)
        indexes.set(value.$$indexCreated.fieldName, value.$$indexCreated);
      else if (typeof value?.$$indexRemoved === 'string')
        indexes.delete(value.$$indexRemoved);
      else
        damaged++;
    }
    if (damaged > lines.length * damaged_share)
      throw new Error(`${Math.floor(100 * damaged / lines.length)}% of the ` +
        'data file is corrupt, more than given corruptAlertThreshold (10%). ' +
        'Cautiously refusing to start NeDB to prevent dataloss.');
    return { documents: [...documents.values()],
      indexes: [...indexes.values()] };
  }

  /* present() gives {documents, indexes}. */
  function open_file(path, present) {
    if (path === undefined)
      return nothing;
    const fs = load('modules').get('fs');
    let count = 0;

    const text_of = (values) => values.map((value) => to_line(value) + '\n')
      .join('');

    function compact() {
      const { documents, indexes } = present();
      if (count <= documents.length + indexes.length)
        return;
      fs.writeFileSync(`${path}~`, text_of([...documents,
        ...indexes.map(($$indexCreated) => ({ $$indexCreated }))]));
      fs.renameSync(`${path}~`, path);
      count = documents.length + indexes.length;
    }

    return {
      read() {
        let text = '';
        try {
          text = fs.readFileSync(path, 'utf8');
        } catch (error) {
          if (error.code !== 'ENOENT')
            throw error;
        }
        /* A process that ended within a write has left half a line, which is
         * no damage. */
        const whole = text.slice(0, text.lastIndexOf('\n') + 1);
        if (whole !== text)
          fs.truncateSync(path, Buffer.byteLength(whole));
        const lines = whole.split('\n').filter((line) => line !== '');
        count = lines.length;
        return take_lines(lines);
      },
      /* All of it or nothing: a full disk leaves no half line. */
      append(values) {
        const size = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        try {
          fs.appendFileSync(path, text_of(values));
        } catch (error) {
          if (fs.existsSync(path))
            fs.truncateSync(path, size);
          throw error;
        }
        count += values.length;
      },
      compact,
      tidy() {
        if (count > 2 * present().documents.length + past_max)
          compact();
      },
    };
  }

  return { open_file };
})
