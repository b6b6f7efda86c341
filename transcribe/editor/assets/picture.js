// The picture of a video, above the text, on request: the element that plays the recording is shown.

export class Picture {
  #isThere = false; // the server has a file with a picture
  #isShown = false;

  constructor(media, { button, sound, notices }) {
    Object.assign(this, { media, button, sound, notices });
    button.onclick = () => this.#show(!this.#isShown);
    sound.onpicture = isThere => { this.#isThere = isThere; this.#update(); };
    sound.onnopicture = () => this.#refuse();
    media.addEventListener("loadedmetadata", () => (this.#isShown && !media.videoWidth ? this.#refuse() : this.#update()));
  }

  #show(isShown) {
    this.#isShown = isShown;
    this.notices.hide("picture");
    this.sound.playPicture(isShown);
    if (isShown && this.media.readyState && !this.media.videoWidth) this.#refuse();
    this.#update();
  }

  #refuse() {
    this.#show(false);
    this.notices.show("picture", "The browser cannot show the picture of this recording; another browser may. The sound is played.");
  }

  #update() {
    this.media.hidden = !this.#isShown;
    this.button.hidden = !(this.#isThere || this.media.videoWidth || this.#isShown);
    this.button.setAttribute("aria-pressed", String(this.#isShown));
  }
}
