// What hosts do in a meeting; to others the server refuses it.

/** @typedef {import("./peers.js").Source} Source */

export class Hosting {
  #ask;
  #askOfRoom;

  /**
   * @param {(kind: string, value?: object) => Promise<any>} ask something of this meeting
   * @param {(kind: string, value?: object) => Promise<any>} askOfRoom something of the room's meetings
   */
  constructor(ask, askOfRoom) {
    this.#ask = ask;
    this.#askOfRoom = askOfRoom;
  }

  /** @param {number} participant 0 for everybody who waits @param {boolean} admit */
  answerKnock(participant, admit) {
    return this.#ask("answerKnock", { participant, ...(admit ? { admit } : {}) });
  }

  /** @param {number} participant @param {Source} source */
  mute(participant, source) {
    return this.#ask("muteParticipant", { participant, source: `MEDIA_SOURCE_${source}` });
  }

  /** @param {number} participant */
  lowerHand(participant) {
    return this.#ask("muteParticipant", { participant, hand: true });
  }

  /** @param {number} participant */
  remove(participant) {
    return this.#ask("removeParticipant", { participant });
  }

  /** @param {{locked?: boolean, waitingRoom?: string}} door */
  setDoor(door) {
    return this.#askOfRoom("setMeetingDoor", door);
  }

  endForAll() {
    return this.#ask("endMeeting");
  }

  async guestLink() {
    return (await this.#askOfRoom("createGuestLink")).webLink ?? "";
  }
}
