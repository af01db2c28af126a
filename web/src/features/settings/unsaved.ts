// Whether a form holds something that was typed and is not saved: of all the forms inside one element.

export class Unsaved {
  #typed: HTMLFormElement | null = null;
  #sent: HTMLFormElement | null = null;

  /** Something was typed or chosen. What is searched by is in no form. */
  typed = (event: Event): void => {
    const form = (event.target as Element).closest('form');
    if (form && !('passing' in form.dataset)) this.#typed = form;
  };

  /** It is saved, unless the form says why not. */
  sent = (event: Event): void => {
    this.#sent = event.target as HTMLFormElement;
    this.#typed = null;
  };

  forget(): void {
    this.#typed = this.#sent = null;
  }

  get any(): boolean {
    const refused = this.#sent?.querySelector('[role=alert]') ? this.#sent : null;
    return (this.#typed ?? refused)?.isConnected === true;
  }
}
